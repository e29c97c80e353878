import sharp, { type OverlayOptions, type Sharp } from 'sharp';
import type { Box, Category } from '@pugmark/domain';
import { decodeLeniently, isPixelLimitError, PADDING } from './decode-for-model';
import { readContent } from './image-file';
import { detectImageFormat } from './image-format';
import { assertPixelLimit, readMetadata, decodeError } from './image-metadata';

export interface RenderOptions {
  /** Maximum pixels of the longer side; a smaller image is not enlarged. */
  readonly longestSide: number;
  /** Boxes to draw, in fractions of the upright image. */
  readonly boxes: readonly { readonly box: Box; readonly category: Category }[];
  /** Boxes to blur irreversibly, in fractions of the upright image. */
  readonly boxesToBlur: readonly Box[];
  readonly pixelLimit: number;
}

/** Distinguishable with colour vision deficiencies (Okabe and Ito 2008). */
const COLOURS: Readonly<Record<Category, string>> = { animal: '#e69f00', person: '#56b4e9', vehicle: '#cc79a7' };
/** Mosaic tiles along the longer side of a blurred box: too few to recognise a face. */
const TILES = 6;
/** Margin around a blurred box, as a detector's box may cut off part of a person. */
const BLUR_MARGIN = 0.08;
const QUALITY = 82;

interface Canvas {
  readonly rgb: Buffer;
  readonly width: number;
  readonly height: number;
}

/**
 * Renders the upright image as a JPEG for viewing, without the file's metadata (which can contain the position). Of a
 * damaged image, renders the readable part. Throws what `readImageHeader` throws.
 */
export async function renderImage(path: string, options: RenderOptions): Promise<Buffer> {
  const content = await readContent(path);
  const format = detectImageFormat(content);
  try {
    assertPixelLimit(await readMetadata(content), options.pixelLimit);
    const { rgb: canvas } = await decodeLeniently((failOn) => decode(content, failOn, options));
    const overlays = await Promise.all(options.boxesToBlur.map((box) => mosaic(canvas, box)));
    if (options.boxes.length > 0) overlays.push({ input: frameOverlay(canvas, options.boxes), left: 0, top: 0 });
    return await sharpOf(canvas).composite(overlays).jpeg({ quality: QUALITY }).toBuffer();
  } catch (error) {
    throw isPixelLimitError(error) ? error : decodeError(format, error);
  }
}

async function decode(
  content: Buffer,
  failOn: sharp.FailOnOptions,
  { longestSide, pixelLimit }: RenderOptions,
): Promise<Canvas> {
  const { data, info } = await sharp(content, { failOn, limitInputPixels: pixelLimit, sequentialRead: true })
    .autoOrient()
    .resize(longestSide, longestSide, { fit: 'inside', withoutEnlargement: true })
    .flatten({ background: PADDING })
    .toColourspace('srgb')
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true });
  return { rgb: data, width: info.width, height: info.height };
}

function sharpOf({ rgb, width, height }: Canvas): Sharp {
  return sharp(rgb, { raw: { width, height, channels: 3 } });
}

/** Each tile is the mean of the pixels below it. */
async function mosaic(canvas: Canvas, box: Box): Promise<OverlayOptions> {
  const { left, top, width, height } = blurredPixels(canvas, box);
  const scale = TILES / Math.max(width, height);
  const tiles = await sharpOf(canvas)
    .extract({ left, top, width, height })
    .resize(Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale)), {
      fit: 'fill',
      kernel: 'linear',
    })
    .png()
    .toBuffer();
  return {
    input: await sharp(tiles).resize(width, height, { fit: 'fill', kernel: 'cubic' }).png().toBuffer(),
    left,
    top,
  };
}

function blurredPixels(canvas: Canvas, box: Box): { left: number; top: number; width: number; height: number } {
  const [x, y] = [box.width * BLUR_MARGIN, box.height * BLUR_MARGIN];
  const left = Math.max(0, Math.min(canvas.width - 1, Math.floor((box.x - x) * canvas.width)));
  const top = Math.max(0, Math.min(canvas.height - 1, Math.floor((box.y - y) * canvas.height)));
  const right = Math.max(left + 1, Math.min(canvas.width, Math.ceil((box.x + box.width + x) * canvas.width)));
  const bottom = Math.max(top + 1, Math.min(canvas.height, Math.ceil((box.y + box.height + y) * canvas.height)));
  return { left, top, width: right - left, height: bottom - top };
}

/** A dark frame below the coloured one, so that it is visible on any background. */
function frameOverlay({ width, height }: Canvas, boxes: RenderOptions['boxes']): Buffer {
  const stroke = Math.max(2, Math.round(Math.max(width, height) / 250));
  const rectangles = boxes.map(({ box, category }) => {
    const at = `x="${box.x * width}" y="${box.y * height}" width="${box.width * width}" height="${box.height * height}" fill="none"`;
    return `<rect ${at} stroke="#000" stroke-opacity="0.6" stroke-width="${stroke * 2}"/><rect ${at} stroke="${COLOURS[category]}" stroke-width="${stroke}"/>`;
  });
  return Buffer.from(
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${rectangles.join('')}</svg>`,
  );
}
