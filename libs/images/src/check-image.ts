import { assertNotPolyglot } from './assert-not-polyglot';
import { readFormatAndMetadata, type HeaderOptions } from './read-image-header';
import type { ImageFormat } from './image-format';

/**
 * Checks that an untrusted file is an acceptable image and nothing else. Returns its format. Does not decode pixels: a
 * truncated image is accepted. Throws what `readImageHeader` throws, and PermanentError `polyglot`.
 */
export async function checkImage(path: string, options: HeaderOptions): Promise<ImageFormat> {
  const { format } = await readFormatAndMetadata(path, options);
  await assertNotPolyglot(path, format);
  return format;
}
