import { PermanentError } from '@pugmark/domain';

export type ImageFormat = 'jpeg' | 'png' | 'webp' | 'tiff';

/** Number of bytes at the beginning of a file that `detectImageFormat` reads. */
export const SIGNATURE_BYTES = 64;

/**
 * Detects the format from the file's first bytes, ignoring its name. Throws PermanentError `unsupported_format` for
 * other image and video formats, and `not_an_image` for everything else.
 */
export function detectImageFormat(beginning: Buffer): ImageFormat {
  const text = beginning.toString('latin1', 0, SIGNATURE_BYTES);
  // Canon's raw format is a TIFF with a signature at byte 8, whose first page is only a preview.
  if (text.startsWith('II*\0') && text.startsWith('CR', 8)) throw unsupported('a Canon raw image');
  if (text.startsWith('\xff\xd8\xff')) return 'jpeg';
  if (text.startsWith('\x89PNG\r\n\x1a\n')) return 'png';
  if (text.startsWith('RIFF') && text.startsWith('WEBP', 8)) return 'webp';
  // The last two are BigTIFF.
  if (['II*\0', 'MM\0*', 'II+\0', 'MM\0+'].some((signature) => text.startsWith(signature))) return 'tiff';
  const other = otherKind(text);
  if (other !== null) throw unsupported(other);
  throw new PermanentError('not_an_image', 'the file is not an image: its first bytes match no image format');
}

function otherKind(text: string): string | null {
  if (text.startsWith('GIF8')) return 'a GIF';
  if (text.startsWith('BM')) return 'a BMP image';
  if (text.startsWith('8BPS')) return 'a Photoshop file';
  if (text.startsWith('RIFF') && text.startsWith('AVI ', 8)) return 'an AVI video';
  if (text.startsWith('ftyp', 4))
    return /^(avif|avis|heic|heix|heim|heis|hevc|mif1|msf1)/.test(text.slice(8)) ? 'a HEIC or AVIF image' : 'a video';
  if (text.startsWith('\0\0\0\x0cjP  ') || text.startsWith('\xff\x0a') || text.startsWith('\0\0\0\x0cJXL '))
    return 'a JPEG 2000 or JPEG XL image';
  if (/^\s*(<\?xml[^>]*>\s*)?<svg/.test(text)) return 'an SVG drawing';
  if (text.startsWith('%PDF')) return 'a PDF document';
  return null;
}

function unsupported(kind: string): PermanentError {
  return new PermanentError(
    'unsupported_format',
    `the file is ${kind}; supported formats are JPEG, PNG, WebP and TIFF`,
  );
}
