import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';

/**
 * Maps a stored pixel to the pixel (`x`, `y`) of the upright image, by EXIF orientation as defined in CIPA DC-008,
 * 4.6.5.1.
 */
const UPRIGHT_OF_STORED: Record<
  number,
  (row: number, column: number, width: number, height: number) => [x: number, y: number]
> = {
  1: (row, column) => [column, row],
  2: (row, column, width) => [width - 1 - column, row],
  3: (row, column, width, height) => [width - 1 - column, height - 1 - row],
  4: (row, column, _width, height) => [column, height - 1 - row],
  5: (row, column) => [row, column],
  6: (row, column, width) => [width - 1 - row, column],
  7: (row, column, width, height) => [width - 1 - row, height - 1 - column],
  8: (row, column, _width, height) => [row, height - 1 - column],
};

/** A JPEG whose upright image is blue, 120 × 80 pixels, with a red quarter at the top left. */
export async function orientedJpeg(orientation: number): Promise<Buffer> {
  const width = 120;
  const height = 80;
  const turned = orientation >= 5;
  const stored = { width: turned ? height : width, height: turned ? width : height };
  const pixels = Buffer.alloc(width * height * 3);
  for (let row = 0; row < stored.height; row++) {
    for (let column = 0; column < stored.width; column++) {
      const [x, y] = UPRIGHT_OF_STORED[orientation]!(row, column, width, height);
      const red = x < width / 2 && y < height / 2;
      pixels.set(red ? [255, 0, 0] : [0, 0, 255], (row * stored.width + column) * 3);
    }
  }
  return sharp(pixels, { raw: { ...stored, channels: 3 } })
    .withMetadata({ orientation })
    .jpeg({ quality: 95 })
    .toBuffer();
}

/**
 * An image that compresses badly, so that truncating its file truncates its pixels. Left half dark, right half light.
 */
export function texture(width: number, height: number): sharp.Sharp {
  const pixels = Buffer.alloc(width * height * 3);
  let state = 1;
  for (let index = 0; index < pixels.length; index++) {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    const light = Math.floor(index / 3) % width >= width / 2;
    pixels[index] = (light ? 160 : 20) + (state % 64);
  }
  return sharp(pixels, { raw: { width, height, channels: 3 } });
}

/** An image of one colour. */
export function flat(red: number, green: number, blue: number, width = 64, height = 48): sharp.Sharp {
  return sharp({ create: { width, height, channels: 3, background: { r: red, g: green, b: blue } } });
}

export function fileWriter(folder: string): (name: string, content: Buffer) => Promise<string> {
  return async (name, content) => {
    const path = join(folder, name);
    await writeFile(path, content);
    return path;
  };
}
