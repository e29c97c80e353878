import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import sharp from 'sharp';

/** The photograph of a cat in the npm package cat-picture. */
export function catImage(): Buffer {
  return readFileSync(join(dirname(require.resolve('cat-picture/package.json')), 'cat.jpg'));
}

/**
 * Writes `count` distinct files of one small cat image, `per` in each folder. Bytes after the end-of-image marker of
 * a JPEG make another file without changing the image.
 */
export async function writeDistinctImages(folder: string, count: number, per = 50): Promise<void> {
  const image = await sharp(catImage()).resize(640).jpeg({ quality: 80 }).toBuffer();
  for (let n = 0; n < count; n += 1) {
    const below = join(folder, `camera ${Math.floor(n / per) + 1}`);
    if (n % per === 0) mkdirSync(below, { recursive: true });
    await writeFile(
      join(below, `IMG_${String(n).padStart(5, '0')}.JPG`),
      Buffer.concat([image, Buffer.from(`image ${n}`)]),
    );
  }
}

export function sha256(data: Buffer): string {
  return createHash('sha256').update(data).digest('hex');
}
