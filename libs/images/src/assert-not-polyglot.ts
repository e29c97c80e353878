import { PermanentError } from '@pugmark/domain';
import { CHUNK_BYTES, ChunkedFile } from './chunked-file';
import type { ImageFormat } from './image-format';
import { textRegions } from './text-regions';

/** Texts that make a file a web page or a script, and archives that need not start at its beginning. */
const TEXT_PATTERNS: readonly (readonly [pattern: RegExp, kind: string])[] = [
  // Includes what must follow a tag's name: a few letters alone occur by chance in one of a million thumbnails.
  [/<(?:!doctype\s+html|html|head|body|script|iframe|object|embed)[\s>/]|<svg\s+[\w:]+\s*=/i, 'a web page or script'],
  [/<\?php\s|<\?=[\x20-\x7e\s]{1,500}\?>/i, 'a PHP script'],
  // eslint-disable-next-line no-control-regex -- the signatures of RAR and 7z
  [/Rar!\x1a\x07|7z\xbc\xaf\x27\x1c/, 'an archive'],
];
/** A match may span two chunks. */
const OVERLAP = 1_024;
/** Readers of PDF search for its header within this many bytes. */
const PDF_HEADER_BYTES = 1_024;
const ZIP_END = Buffer.from('PK\x05\x06', 'latin1');
const ZIP_END_BYTES = 22;
const ZIP64_LOCATOR_BYTES = 20;
/** Normally there is not even one; each costs a read. */
const MAX_ZIP_ENDS = 8;

/**
 * Throws PermanentError `polyglot` if an image file is also something else: a ZIP archive, a PDF, a web page, a script.
 * Data that cameras append, such as another image, is allowed.
 */
export async function assertNotPolyglot(path: string, format: ImageFormat): Promise<void> {
  await ChunkedFile.open(path, async (file) => {
    const other = (await findByHeader(file)) ?? (await findByText(file, format)) ?? (await findByTrailer(file));
    if (other === null) return;
    throw new PermanentError(
      'polyglot',
      `the file is a ${format.toUpperCase()} image and ${other} at the same time: save it again as an image`,
    );
  });
}

async function findByHeader(file: ChunkedFile): Promise<string | null> {
  const text = (await file.read(0, PDF_HEADER_BYTES)).toString('latin1');
  if (text.includes('%PDF-')) return 'a PDF document';
  // Parsed as JavaScript, the length of this segment opens a comment; no JFIF header is that long.
  return text.startsWith('\xff\xd8\xff\xe0/*') ? 'a web page or script' : null;
}

async function findByText(file: ChunkedFile, format: ImageFormat): Promise<string | null> {
  for await (const [from, to] of textRegions(file, format)) {
    for (let at = from; at < to; at += CHUNK_BYTES - OVERLAP) {
      const text = (await file.read(at, Math.min(CHUNK_BYTES, to - at))).toString('latin1');
      const found = TEXT_PATTERNS.find(([pattern]) => pattern.test(text));
      if (found !== undefined) return found[1];
    }
  }
  return null;
}

/** Finds the record that ends a ZIP archive: APPNOTE 4.3.16. Readers accept any bytes before the archive. */
async function findByTrailer(file: ChunkedFile): Promise<string | null> {
  const from = Math.max(0, file.size - ZIP_END_BYTES - 0xffff - ZIP64_LOCATOR_BYTES);
  // Copied, because the next read overwrites the buffer.
  const tail = Buffer.from(await file.read(from, file.size - from));
  const ends: number[] = [];
  for (
    let at = tail.indexOf(ZIP_END);
    at !== -1 && tail.length - at >= ZIP_END_BYTES;
    at = tail.indexOf(ZIP_END, at + 1)
  )
    ends.push(at);
  if (ends.length > MAX_ZIP_ENDS) return 'a ZIP archive';
  for (const at of ends) if (await endsArchive(file, tail, from, at)) return 'a ZIP archive';
  return null;
}

async function endsArchive(file: ChunkedFile, tail: Buffer, from: number, at: number): Promise<boolean> {
  if (
    at >= ZIP64_LOCATOR_BYTES &&
    tail.toString('latin1', at - ZIP64_LOCATOR_BYTES, at - ZIP64_LOCATOR_BYTES + 4) === 'PK\x06\x07'
  )
    return true;
  const [size, offset] = [tail.readUInt32LE(at + 12), tail.readUInt32LE(at + 16)];
  for (const directory of [from + at - size, offset]) {
    if (directory >= 0 && (await file.read(directory, 4)).toString('latin1') === 'PK\x01\x02') return true;
  }
  return false;
}
