import { HttpProblem } from '../../../http/http-problem';
import type { UploadTarget } from '../accept-upload';
import { fileTooLarge, refusedFile, tooManyFiles, uploadTooLarge } from '../upload-problems';
import { eachEntry } from './each-entry';
import { fileOfEntry } from './zip-entry';

type ZipLimits = Pick<UploadTarget, 'maxBytes' | 'maxFiles' | 'maxTotalBytes' | 'maxZipRatio'>;

/** The local header of an entry, without its name. */
const LOCAL_HEADER_BYTES = 30;

interface Span {
  readonly from: number;
  /** At least. */
  readonly to: number;
  readonly displayPath: string;
}

/**
 * Validates an archive by its directory, before anything is unpacked; the declared sizes are enforced while unpacking.
 * Throws a 400 or 422.
 */
export async function inspectZip(path: string, limits: ZipLimits): Promise<void> {
  const spans: Span[] = [];
  let files = 0;
  let total = 0;
  let archiveBytes = 0;
  for await (const { entry, zip } of eachEntry(path)) {
    // Allows a macOS helper file per image, and folders.
    if (zip.entryCount > 2 * limits.maxFiles + 1_000) throw tooManyFiles(limits.maxFiles);
    archiveBytes = zip.fileSize;
    const file = fileOfEntry(entry);
    const from = entry.relativeOffsetOfLocalHeader;
    spans.push({
      from,
      to: from + LOCAL_HEADER_BYTES + entry.compressedSize,
      displayPath: file?.displayPath ?? 'an entry',
    });
    if (file === null) continue;
    files += 1;
    total += entry.uncompressedSize;
    if (files > limits.maxFiles) throw tooManyFiles(limits.maxFiles);
    if (entry.uncompressedSize > limits.maxBytes) throw fileTooLarge(file.displayPath, limits.maxBytes);
    if (entry.uncompressedSize > limits.maxZipRatio * entry.compressedSize) {
      throw refusedFile(
        422,
        'zip_bomb',
        file.displayPath,
        `the entry claims to unpack to more than ${limits.maxZipRatio} times its size (setting UPLOAD_MAX_ZIP_RATIO)`,
      );
    }
  }
  if (total > limits.maxTotalBytes) throw uploadTooLarge(limits.maxTotalBytes);
  assertNoOverlap(spans, archiveBytes);
  if (total > limits.maxZipRatio * archiveBytes) {
    throw new HttpProblem(
      422,
      'zip_bomb',
      `the archive claims to unpack to more than ${limits.maxZipRatio} times its size (setting UPLOAD_MAX_ZIP_RATIO)`,
    );
  }
}

/**
 * Entries that share their bytes are how 42 KB become 5 GB without nesting:
 * https://www.usenix.org/conference/woot19/presentation/fifield
 */
function assertNoOverlap(spans: Span[], archiveBytes: number): void {
  spans.sort((a, b) => a.from - b.from);
  spans.forEach(({ to, displayPath: shown }, i) => {
    if (to > (spans[i + 1]?.from ?? archiveBytes))
      throw refusedFile(422, 'zip_overlap', shown, 'the entry overlaps another one in the archive');
  });
}
