import sharp, { type FailOnOptions, type Metadata, type Sharp } from 'sharp';
import { messageOf, type ModelInput, type Placement } from '@pugmark/domain';
import { readContent } from './image-file';
import { detectImageFormat } from './image-format';
import { assertPixelLimit, readMetadata, decodeError } from './image-metadata';

export interface DecodeOptions {
  /** Pixels of the model's input. */
  readonly width: number;
  readonly height: number;
  /** `letterbox` keeps the aspect ratio, centres and pads with black; `stretch` fills. */
  readonly resize: 'letterbox' | 'stretch';
  /** Maximum pixels of an image. */
  readonly pixelLimit: number;
}

export interface DecodedImage extends ModelInput {
  /** Pixels of the upright image: EXIF orientation applied. */
  readonly imageWidth: number;
  readonly imageHeight: number;
  /** Image data is missing or damaged; the decodable part is used, the rest is one flat colour. */
  readonly warning: 'truncated' | null;
}

/**
 * Padding and kernel were chosen on real camera-trap images with the built-in model: Lanczos sharpens edges and gave a
 * bird of 0.24 on a blank image, linear gave none; grey padding instead of black gave boats along its edge.
 */
export const PADDING = 'black';
const KERNEL = 'linear';

/**
 * Decodes an image as input of a model: upright, RGB, 8 bits, transparency on black, the first page if there are
 * several. Throws what `readImageHeader` throws.
 */
export async function decodeForModel(path: string, options: DecodeOptions): Promise<DecodedImage> {
  // Read here and not by the image library, which cannot distinguish a disk error from a truncated image, and maps
  // files into memory, where a file that shrinks meanwhile ends the process.
  const content = await readContent(path);
  const format = detectImageFormat(content);
  try {
    const metadata = await readMetadata(content);
    assertPixelLimit(metadata, options.pixelLimit);
    const { width: imageWidth, height: imageHeight } = metadata.autoOrient;
    const placement = placeInInput(metadata.autoOrient, options);
    const { rgb, warning } = await decodeLeniently((failOn) => decode(content, failOn, placement, options));
    return { rgb, width: options.width, height: options.height, placement, imageWidth, imageHeight, warning };
  } catch (error) {
    throw isPixelLimitError(error) ? error : decodeError(format, error);
  }
}

export function isPixelLimitError(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'too_many_pixels';
}

/** Returns the placement of an image of this size in the model's input. */
export function placeInInput(image: Metadata['autoOrient'], { width, height, resize }: DecodeOptions): Placement {
  if (resize === 'stretch') return { left: 0, top: 0, width, height };
  const scale = Math.min(width / image.width, height / image.height);
  const inner = {
    width: Math.max(1, Math.round(image.width * scale)),
    height: Math.max(1, Math.round(image.height * scale)),
  };
  return { left: Math.floor((width - inner.width) / 2), top: Math.floor((height - inner.height) / 2), ...inner };
}

export function scaleTo(image: Sharp, width: number, height: number): Sharp {
  return image.resize(width, height, { fit: 'fill', kernel: KERNEL });
}

function decode(content: Buffer, failOn: FailOnOptions, placement: Placement, options: DecodeOptions): Promise<Buffer> {
  return (
    // First operation on the pixels, so that a JPEG is decoded at a half, a quarter or an eighth of its size.
    scaleTo(
      sharp(content, { failOn, limitInputPixels: options.pixelLimit, sequentialRead: true }).autoOrient(),
      placement.width,
      placement.height,
    )
      .flatten({ background: PADDING })
      .toColourspace('srgb')
      .extend({
        left: placement.left,
        right: options.width - placement.width - placement.left,
        top: placement.top,
        bottom: options.height - placement.height - placement.top,
        background: PADDING,
      })
      .raw({ depth: 'uchar' })
      .toBuffer()
  );
}

/**
 * Decodes strictly, which succeeds for nearly every image. Some errors are harmless (stray bytes that a camera left
 * between two sections), so errors other than missing data get a second, less strict try before the image counts as
 * truncated.
 */
export async function decodeLeniently<T>(
  decodeWith: (failOn: FailOnOptions) => Promise<T>,
): Promise<{ rgb: T; warning: 'truncated' | null }> {
  try {
    return { rgb: await decodeWith('warning'), warning: null };
  } catch (error) {
    if (
      /premature end|read error|corrupt|truncated/i.test(messageOf(error)) &&
      !/extraneous bytes/i.test(messageOf(error))
    ) {
      return { rgb: await decodeWith('none'), warning: 'truncated' };
    }
  }
  try {
    return { rgb: await decodeWith('truncated'), warning: null };
  } catch {
    return { rgb: await decodeWith('none'), warning: 'truncated' };
  }
}
