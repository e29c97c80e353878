import type { Metadata } from 'sharp';
import { readCameraMetadata, type CameraMetadata } from './camera-metadata';
import { readHead, readParts, readToEnd } from './image-file';
import { SIGNATURE_BYTES, detectImageFormat, type ImageFormat } from './image-format';
import { assertPixelLimit, readMetadata, decodeError } from './image-metadata';
import { readTiffExif } from './tiff-exif';

/** Parsed as a block without metadata. */
const NO_EXIF = Buffer.from('none');
/** Maximum size of a file that is read into memory to decode it again. */
const MAX_CONTENT_BYTES = 64 * 2 ** 20;

export interface HeaderOptions {
  /** Maximum pixels of an image. */
  readonly pixelLimit: number;
}

export interface ImageHeader extends CameraMetadata {
  /** Detected from the content, not from the name. */
  readonly format: ImageFormat;
  /** Pixels of the upright image: EXIF orientation applied. */
  readonly width: number;
  readonly height: number;
  /** EXIF orientation, 1 to 8, as stored; 1 if missing or invalid. */
  readonly orientation: number;
}

/**
 * Reads the header of an image file, without decoding pixels. Throws PermanentError `file_missing`, `file_unreadable`,
 * `empty_file`, `not_an_image`, `unsupported_format`, `too_many_pixels`; RetryableError for errors that may not recur.
 */
export async function readImageHeader(path: string, options: HeaderOptions): Promise<ImageHeader> {
  const { format, metadata } = await readFormatAndMetadata(path, options);
  // The library returns no EXIF block for a TIFF file, which has the same structure itself.
  const exif =
    format === 'tiff' ? await readParts(path, async (file) => (await readTiffExif(file)) ?? NO_EXIF) : metadata.exif;
  return {
    format,
    width: metadata.autoOrient.width,
    height: metadata.autoOrient.height,
    orientation: validOrientation(metadata.orientation),
    ...readCameraMetadata(exif),
  };
}

/** Reads format and metadata of a file; throws what `readImageHeader` throws. */
export async function readFormatAndMetadata(
  path: string,
  { pixelLimit }: HeaderOptions,
): Promise<{ readonly format: ImageFormat; readonly metadata: Metadata }> {
  const format = detectImageFormat(await readHead(path, SIGNATURE_BYTES));
  const metadata = await readFileMetadata(path, format);
  assertPixelLimit(metadata, pixelLimit);
  return { format, metadata };
}

/**
 * The image library cannot distinguish a disk error from a damaged file. So an error is accepted only after reading the
 * file to its end and decoding it again from memory.
 */
async function readFileMetadata(path: string, format: ImageFormat): Promise<Metadata> {
  try {
    return await readMetadata(path);
  } catch (error) {
    const content = await readToEnd(path, MAX_CONTENT_BYTES);
    if (content === null) throw decodeError(format, error);
    return readMetadata(content).catch((error: unknown) => Promise.reject(decodeError(format, error)));
  }
}

function validOrientation(orientation: number | undefined): number {
  return orientation !== undefined && orientation >= 1 && orientation <= 8 ? orientation : 1;
}
