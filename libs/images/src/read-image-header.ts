import type { Metadata } from 'sharp';
import { readCameraMetadata, type CameraMetadata } from './camera-metadata';
import { readHead, readContent } from './image-file';
import { SIGNATURE_BYTES, detectImageFormat, type ImageFormat } from './image-format';
import { assertPixelLimit, readMetadata, decodeError } from './image-metadata';

export interface HeaderOptions {
  /** Most pixels that a picture may have. */
  readonly pixelLimit: number;
}

export interface ImageHeader extends CameraMetadata {
  /** Decided by the content, never by the name. */
  readonly format: ImageFormat;
  /** Pixels of the upright picture: EXIF orientation applied. */
  readonly width: number;
  readonly height: number;
  /** EXIF orientation, 1 to 8, as stored; 1 where there is none or a senseless one. */
  readonly orientation: number;
}

/**
 * What the header of a picture file says, without decoding it. Throws PermanentError `file_missing`, `file_unreadable`,
 * `empty_file`, `not_a_picture`, `unsupported_format`, `too_many_pixels`; RetryableError for trouble that may pass.
 */
export async function readImageHeader(path: string, options: HeaderOptions): Promise<ImageHeader> {
  const { format, metadata } = await readFormatAndMetadata(path, options);
  // A TIFF file is itself what an EXIF block is a small copy of; the library hands out none for it.
  const exif = format === 'tiff' ? await readContent(path) : metadata.exif;
  return {
    format,
    width: metadata.autoOrient.width,
    height: metadata.autoOrient.height,
    orientation: validOrientation(metadata.orientation),
    ...readCameraMetadata(exif),
  };
}

/** What a file is, and the library's report on it; throws what `readImageHeader` throws. */
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
 * The picture library cannot tell a disk that failed from a damaged file. So its 'no' is believed only when the file can be
 * read to its end, and given once more from memory.
 */
async function readFileMetadata(path: string, format: ImageFormat): Promise<Metadata> {
  try {
    return await readMetadata(path);
  } catch {
    const content = await readContent(path);
    return readMetadata(content).catch((error: unknown) => Promise.reject(decodeError(format, error)));
  }
}

function validOrientation(orientation: number | undefined): number {
  return orientation !== undefined && orientation >= 1 && orientation <= 8 ? orientation : 1;
}
