import sharp, { type Metadata } from 'sharp';
import type { Box, ModelInput } from '@pugmark/domain';
import {
  decodeLeniently,
  isPixelLimitError,
  PADDING,
  placeInInput,
  scaleTo,
  type DecodeOptions,
} from './decode-for-model';
import { readContent } from './image-file';
import { detectImageFormat } from './image-format';
import { assertPixelLimit, readMetadata, decodeError } from './image-metadata';

export interface DecodedCrops {
  /** Inputs in the order of the crops. */
  readonly inputs: readonly ModelInput[];
  /** Pixels of the upright image: EXIF orientation applied. */
  readonly imageWidth: number;
  readonly imageHeight: number;
  /** Image data is missing or damaged; the decodable part is used, the rest is one flat colour. */
  readonly warning: 'truncated' | null;
}

interface RawImage {
  readonly rgb: Buffer;
  readonly width: number;
  readonly height: number;
}

/**
 * Decodes crops of an image for a model. Crops are in fractions of the upright image; a crop smaller than a pixel takes
 * that pixel. The image is decoded once, no larger than its smallest crop needs. Throws what `readImageHeader` throws.
 */
export async function decodeCropsForModel(
  path: string,
  crops: readonly Box[],
  options: DecodeOptions,
): Promise<DecodedCrops> {
  const content = await readContent(path);
  const format = detectImageFormat(content);
  try {
    const metadata = await readMetadata(content);
    assertPixelLimit(metadata, options.pixelLimit);
    const { width: imageWidth, height: imageHeight } = metadata.autoOrient;
    const { rgb: decoded, warning } = await decodeLeniently((failOn) =>
      decodeUpright(content, failOn, decodedSize(metadata.autoOrient, crops, options), options.pixelLimit),
    );
    const inputs: ModelInput[] = [];
    // Sequentially, because each needs buffers of its own.
    for (const crop of crops) inputs.push(await cutCrop(decoded, crop, options));
    return { inputs, imageWidth, imageHeight, warning };
  } catch (error) {
    throw isPixelLimitError(error) ? error : decodeError(format, error);
  }
}

/** Size at which the crop with the highest scale has the model's resolution; at most the image's own size. */
function decodedSize(
  image: Metadata['autoOrient'],
  crops: readonly Box[],
  { width, height }: DecodeOptions,
): { width: number; height: number } {
  const needed = crops.map((crop) =>
    Math.max(width / (crop.width * image.width), height / (crop.height * image.height)),
  );
  const scale = Math.min(1, Math.max(...needed));
  return { width: Math.max(1, Math.round(image.width * scale)), height: Math.max(1, Math.round(image.height * scale)) };
}

async function decodeUpright(
  content: Buffer,
  failOn: sharp.FailOnOptions,
  { width, height }: { width: number; height: number },
  pixelLimit: number,
): Promise<RawImage> {
  const rgb = await scaleTo(
    sharp(content, { failOn, limitInputPixels: pixelLimit, sequentialRead: true }).autoOrient(),
    width,
    height,
  )
    .flatten({ background: PADDING })
    .toColourspace('srgb')
    .raw({ depth: 'uchar' })
    .toBuffer();
  return { rgb, width, height };
}

async function cutCrop(decoded: RawImage, crop: Box, options: DecodeOptions): Promise<ModelInput> {
  const left = Math.min(decoded.width - 1, Math.floor(crop.x * decoded.width));
  const top = Math.min(decoded.height - 1, Math.floor(crop.y * decoded.height));
  const width = Math.max(1, Math.min(decoded.width - left, Math.round(crop.width * decoded.width)));
  const height = Math.max(1, Math.min(decoded.height - top, Math.round(crop.height * decoded.height)));
  const placement = placeInInput({ width, height }, options);
  const raw = { width: decoded.width, height: decoded.height, channels: 3 } as const;
  const rgb = await scaleTo(
    sharp(decoded.rgb, { raw }).extract({ left, top, width, height }),
    placement.width,
    placement.height,
  )
    .extend({
      left: placement.left,
      right: options.width - placement.width - placement.left,
      top: placement.top,
      bottom: options.height - placement.height - placement.top,
      background: PADDING,
    })
    .raw({ depth: 'uchar' })
    .toBuffer();
  return { rgb, width: options.width, height: options.height, placement };
}
