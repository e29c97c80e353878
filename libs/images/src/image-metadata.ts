import sharp, { type Metadata } from 'sharp';
import { PermanentError, RetryableError, messageOf } from '@pugmark/domain';
import type { ImageFormat } from './image-format';

/** Reads the library's metadata of an image file (by path) or of its content. Reads the header only. */
export function readMetadata(source: string | Buffer): Promise<Metadata> {
  // No limit here: a header is small whatever size it declares, and `assertPixelLimit` can then report that size.
  return sharp(source, { limitInputPixels: false, failOn: 'none' }).metadata();
}

/** Throws PermanentError `too_many_pixels`: a file of a few kilobytes can declare an image of many gigabytes. */
export function assertPixelLimit(metadata: Metadata, pixelLimit: number): void {
  const { width, height } = metadata;
  if (width * height <= pixelLimit) return;
  throw new PermanentError(
    'too_many_pixels',
    `the image declares ${width} × ${height} = ${width * height} pixels, the limit is ${pixelLimit}:` +
      'raise PIXEL_LIMIT if such images are expected',
  );
}

/** Error for an image that cannot be decoded; RetryableError `insufficient_resources` if the machine is the cause. */
export function decodeError(format: ImageFormat, error: unknown): PermanentError | RetryableError {
  const reason = messageOf(error).split('\n')[0];
  if (/out of memory|cannot allocate|no space left|temporary/i.test(messageOf(error))) {
    return new RetryableError('insufficient_resources', `not enough memory or disk to decode the image: ${reason}`, {
      cause: error,
    });
  }
  return new PermanentError(
    'not_an_image',
    `the file begins like a ${format.toUpperCase()} image but cannot be decoded; it is damaged or truncated (${reason})`,
    { cause: error },
  );
}
