import { assertNothingElse } from './assert-nothing-else';
import { formatAndMetadata, type HeaderOptions } from './read-image-header';
import type { PictureFormat } from './picture-format';

/**
 * Whether a file from anywhere is a picture that can be taken in, and nothing else; its format. Its pixels are not decoded: of one that
 * is cut short the rest is still worth having. Throws what `readImageHeader` throws, and PermanentError `polyglot`.
 */
export async function checkPicture(path: string, options: HeaderOptions): Promise<PictureFormat> {
  const { format } = await formatAndMetadata(path, options);
  await assertNothingElse(path, format);
  return format;
}
