import { PermanentError } from '@pugmark/domain';

export type ImageFormat = 'jpeg' | 'png' | 'webp' | 'tiff';

/** Bytes at the beginning of a file that `pictureFormat` looks at. */
export const SIGNATURE_BYTES = 64;

/**
 * The format by the file's first bytes; its name plays no part. Throws PermanentError `unsupported_format` for pictures and
 * videos of other kinds, which people mix in, and `not_a_picture` for everything else.
 */
export function detectImageFormat(beginning: Buffer): ImageFormat {
  const text = beginning.toString('latin1', 0, SIGNATURE_BYTES);
  // Canon's raw format is a TIFF with a mark at byte 8, and its first page a mere preview.
  if (text.startsWith('II*\0') && text.startsWith('CR', 8)) throw unsupported('a Canon raw picture');
  if (text.startsWith('\xff\xd8\xff')) return 'jpeg';
  if (text.startsWith('\x89PNG\r\n\x1a\n')) return 'png';
  if (text.startsWith('RIFF') && text.startsWith('WEBP', 8)) return 'webp';
  // The last two are BigTIFF.
  if (['II*\0', 'MM\0*', 'II+\0', 'MM\0+'].some((signature) => text.startsWith(signature))) return 'tiff';
  const other = otherKind(text);
  if (other !== null) throw unsupported(other);
  throw new PermanentError(
    'not_a_picture',
    'the file is not a picture: its first bytes are those of no picture format',
  );
}

function otherKind(text: string): string | null {
  if (text.startsWith('GIF8')) return 'a GIF';
  if (text.startsWith('BM')) return 'a BMP picture';
  if (text.startsWith('8BPS')) return 'a Photoshop file';
  if (text.startsWith('RIFF') && text.startsWith('AVI ', 8)) return 'an AVI video';
  if (text.startsWith('ftyp', 4))
    return /^(avif|avis|heic|heix|heim|heis|hevc|mif1|msf1)/.test(text.slice(8)) ? 'a HEIC or AVIF picture' : 'a video';
  if (text.startsWith('\0\0\0\x0cjP  ') || text.startsWith('\xff\x0a') || text.startsWith('\0\0\0\x0cJXL '))
    return 'a JPEG 2000 or JPEG XL picture';
  if (/^\s*(<\?xml[^>]*>\s*)?<svg/.test(text)) return 'an SVG drawing';
  if (text.startsWith('%PDF')) return 'a PDF document';
  return null;
}

function unsupported(kind: string): PermanentError {
  return new PermanentError('unsupported_format', `the file is ${kind}; JPEG, PNG, WebP and TIFF pictures can be read`);
}
