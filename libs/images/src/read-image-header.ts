import type { Metadata } from 'sharp';
import { cameraFacts, type CameraFacts } from './camera-facts';
import { readBeginning, readContent } from './picture-file';
import { SIGNATURE_BYTES, pictureFormat, type PictureFormat } from './picture-format';
import { assertPixels, readMetadata, undecodable } from './picture-metadata';

export interface HeaderOptions {
  /** Most pixels that a picture may have. */
  readonly pixelLimit: number;
}

export interface ImageHeader extends CameraFacts {
  /** Decided by the content, never by the name. */
  readonly format: PictureFormat;
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
  const { format, metadata } = await formatAndMetadata(path, options);
  // A TIFF file is itself what an EXIF block is a small copy of; the library hands out none for it.
  const exif = format === 'tiff' ? await readContent(path) : metadata.exif;
  return {
    format,
    width: metadata.autoOrient.width,
    height: metadata.autoOrient.height,
    orientation: validOrientation(metadata.orientation),
    ...cameraFacts(exif),
  };
}

/** What a file is, and the library's report on it; throws what `readImageHeader` throws. */
export async function formatAndMetadata(
  path: string,
  { pixelLimit }: HeaderOptions,
): Promise<{ readonly format: PictureFormat; readonly metadata: Metadata }> {
  const format = pictureFormat(await readBeginning(path, SIGNATURE_BYTES));
  const metadata = await metadataOfFile(path, format);
  assertPixels(metadata, pixelLimit);
  return { format, metadata };
}

/**
 * The picture library cannot tell a disk that failed from a damaged file. So its 'no' is believed only when the file can be
 * read to its end, and given once more from memory.
 */
async function metadataOfFile(path: string, format: PictureFormat): Promise<Metadata> {
  try {
    return await readMetadata(path);
  } catch {
    const content = await readContent(path);
    return readMetadata(content).catch((error: unknown) => Promise.reject(undecodable(format, error)));
  }
}

function validOrientation(orientation: number | undefined): number {
  return orientation !== undefined && orientation >= 1 && orientation <= 8 ? orientation : 1;
}
