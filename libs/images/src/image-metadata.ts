import sharp, { type Metadata } from 'sharp';
import { PermanentError, RetryableError, messageOf } from '@pugmark/domain';
import type { ImageFormat } from './image-format';

/** The library's own report on a picture, of a file (path) or of its content. Reads the header only. */
export function readMetadata(source: string | Buffer): Promise<Metadata> {
  // No limit here: a header is small whatever it claims, and `assertPixels` can then say how large the picture is.
  return sharp(source, { limitInputPixels: false, failOn: 'none' }).metadata();
}

/** Throws PermanentError `too_many_pixels`: a file of a few kilobytes can claim a picture of many gigabytes. */
export function assertPixelLimit(metadata: Metadata, pixelLimit: number): void {
  const { width, height } = metadata;
  if (width * height <= pixelLimit) return;
  throw new PermanentError(
    'too_many_pixels',
    `the picture claims ${width} × ${height} = ${width * height} pixels, the limit is ${pixelLimit}: ` +
      'raise PIXEL_LIMIT if such pictures are really meant',
  );
}

/** Why a file that begins like a picture is none, or RetryableError `insufficient_resources` where the machine was at fault. */
export function decodeError(format: ImageFormat, error: unknown): PermanentError | RetryableError {
  const reason = messageOf(error).split('\n')[0];
  if (/out of memory|cannot allocate|no space left|temporary/i.test(messageOf(error))) {
    return new RetryableError('insufficient_resources', `no memory or disk to decode the picture: ${reason}`, { cause: error });
  }
  return new PermanentError(
    'not_a_picture',
    `the file begins like a ${format.toUpperCase()} picture but cannot be read; it is damaged or cut short (${reason})`,
    { cause: error },
  );
}
