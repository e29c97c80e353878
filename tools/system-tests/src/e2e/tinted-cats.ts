import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { catImage } from './images';

/** Two kinds of cat that differ only in colour: the detector finds both, but only a classifier can distinguish them. */
export const KINDS = { 'rust cat': { r: 255, g: 140, b: 90 }, 'frost cat': { r: 110, g: 170, b: 255 } } as const;
export type Kind = keyof typeof KINDS;
export const KIND_NAMES = Object.keys(KINDS) as Kind[];

/** Creates a generator of reproducible pseudo-random numbers in [0, 1). */
export function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 1_103_515_245 + 12_345) % 2_147_483_648) / 2_147_483_648;
}

/** Writes an image of one cat of the kind, with random brightness. */
export async function writeTintedCat(folder: string, name: string, kind: Kind, random: () => number): Promise<void> {
  const brightness = 0.8 + 0.4 * random();
  const image = sharp(catImage())
    .resize(500 + Math.round(random() * 200))
    .tint(KINDS[kind])
    .modulate({ brightness });
  await writeFile(join(folder, name), await (random() < 0.5 ? image.flop() : image).jpeg({ quality: 85 }).toBuffer());
}

/** Returns a crop of such an image for training, RGB, 0..255: `side × side × 3` values. */
export async function tintedCrop(kind: Kind, side: number, random: () => number): Promise<Buffer> {
  const { width, height } = await sharp(catImage()).metadata();
  const part = 0.4 + 0.4 * random();
  const size = { width: Math.floor(width * part), height: Math.floor(height * part) };
  const crop = sharp(catImage())
    .extract({
      ...size,
      left: Math.floor((width - size.width) * random()),
      top: Math.floor((height - size.height) * random()),
    })
    .resize(side, side, { fit: 'fill' })
    .tint(KINDS[kind])
    .modulate({ brightness: 0.8 + 0.4 * random() });
  return crop.removeAlpha().toColourspace('srgb').raw().toBuffer();
}
