import { assertNotPolyglot } from './assert-not-polyglot';
import { readFormatAndMetadata, type HeaderOptions } from './read-image-header';
import type { ImageFormat } from './image-format';

/**
 * Whether a file from anywhere is a picture that can be taken in, and nothing else; its format. Its pixels are not decoded: of one that
 * is cut short the rest is still worth having. Throws what `readImageHeader` throws, and PermanentError `polyglot`.
 */
export async function checkImage(path: string, options: HeaderOptions): Promise<ImageFormat> {
  const { format } = await readFormatAndMetadata(path, options);
  await assertNotPolyglot(path, format);
  return format;
}
