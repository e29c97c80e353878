import { PermanentError } from '@pugmark/domain';
import { CHUNK_BYTES, type ChunkedFile } from './chunked-file';
import type { ImageFormat } from './image-format';

/** Half-open range of bytes. */
export type Region = readonly [from: number, to: number];

/** Above the number of parts of any real image; bounds the time to read the structure. */
const MAX_PARTS = 200_000;
/** Texts of a TIFF may be anywhere; only both ends of the file are searched. */
const TIFF_END = 64 * 1024;

/**
 * Iterates over the parts of an image file that are not pixels: headers, comments, and data after the image's end. Of a
 * damaged image, as far as possible. Throws PermanentError `not_an_image` when it has more parts than any real image.
 */
export async function* textRegions(file: ChunkedFile, format: ImageFormat): AsyncGenerator<Region> {
  if (format === 'jpeg') yield* jpegRegions(file);
  else if (format === 'png') yield* chunkRegions(file, 8, readPngChunk);
  else if (format === 'webp') yield* chunkRegions(file, 12, readWebpChunk);
  else {
    yield [0, Math.min(file.size, TIFF_END)];
    if (file.size > TIFF_END) yield [Math.max(TIFF_END, file.size - TIFF_END), file.size];
  }
}

/** ITU-T T.81, B.1: markers, some of which start a segment with a length; SOS is followed by the pixels. */
async function* jpegRegions(file: ChunkedFile): AsyncGenerator<Region> {
  let from = 0;
  let position = 2;
  for (let parts = 0; ; parts += 1) {
    assertPartCount(parts);
    const [ff, marker, high = 0, low = 0] = await file.read(position, 4);
    if (marker === undefined || (ff === 0xff && marker === 0xd9)) return void (yield [from, file.size]);
    const end = position + 2 + Math.max(2, high * 256 + low);
    if (ff !== 0xff) position = (await nextMarker(file, position)) ?? file.size;
    else if (marker === 0xff) position += 1;
    else if (marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8)) position += 2;
    else if (marker !== 0xda) position = end;
    else {
      yield [from, Math.min(end, file.size)];
      const next = await nextMarker(file, end);
      if (next === null) return;
      from = position = next;
    }
  }
}

/**
 * Within pixel data, 0xff occurs only before 0x00 and restart markers. Null if the file ends before any other marker.
 */
async function nextMarker(file: ChunkedFile, from: number): Promise<number | null> {
  for (let at = from; at + 1 < file.size;) {
    const piece = await file.read(at, CHUNK_BYTES);
    for (let i = piece.indexOf(0xff); i !== -1 && i + 1 < piece.length; i = piece.indexOf(0xff, i + 1)) {
      const next = piece[i + 1]!;
      if (next !== 0 && next !== 0xff && (next < 0xd0 || next > 0xd7)) return at + i;
    }
    at += Math.max(1, piece.length - 1);
  }
  return null;
}

interface Chunk {
  readonly pixels: boolean;
  readonly end: number;
  /** Whether it is the last chunk of the image. */
  readonly last: boolean;
}

type ReadChunk = (head: Buffer, position: number) => Chunk;

/** https://www.w3.org/TR/png-3/#5Chunk-layout */
function readPngChunk(head: Buffer, position: number): Chunk {
  const type = head.toString('latin1', 4, 8);
  return {
    pixels: type === 'IDAT' || type === 'fdAT',
    end: position + 12 + head.readUInt32BE(0),
    last: type === 'IEND',
  };
}

/** https://developers.google.com/speed/webp/docs/riff_container */
function readWebpChunk(head: Buffer, position: number): Chunk {
  const size = head.readUInt32LE(4);
  return {
    pixels: ['VP8 ', 'VP8L', 'ALPH', 'ANMF'].includes(head.toString('latin1', 0, 4)),
    end: position + 8 + size + (size % 2),
    last: false,
  };
}

async function* chunkRegions(file: ChunkedFile, first: number, read: ReadChunk): AsyncGenerator<Region> {
  let from = 0;
  let position = first;
  for (let parts = 0; ; parts += 1) {
    assertPartCount(parts);
    const head = await file.read(position, 8);
    const { pixels, end, last } =
      head.length < 8 ? { pixels: false, end: file.size, last: true } : read(head, position);
    if (pixels) {
      yield [from, position];
      from = end;
    }
    if (last || end >= file.size) {
      if (from < file.size) yield [from, file.size];
      return;
    }
    position = end;
  }
}

function assertPartCount(parts: number): void {
  if (parts > MAX_PARTS)
    throw new PermanentError(
      'not_an_image',
      `the file has more than ${MAX_PARTS} parts: no camera writes such an image`,
    );
}
