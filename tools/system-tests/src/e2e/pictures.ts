import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import sharp from 'sharp';

/** The photograph of a cat that npm's cat-picture carries. */
export function catPicture(): Buffer {
  return readFileSync(join(dirname(require.resolve('cat-picture/package.json')), 'cat.jpg'));
}

/**
 * `count` different files of one small cat picture, `per` in a folder. A JPEG ends with its end-of-image marker; what follows
 * makes the file another one without changing the picture.
 */
export async function writeDistinctPictures(folder: string, count: number, per = 50): Promise<void> {
  const picture = await sharp(catPicture()).resize(640).jpeg({ quality: 80 }).toBuffer();
  for (let n = 0; n < count; n += 1) {
    const below = join(folder, `camera ${Math.floor(n / per) + 1}`);
    if (n % per === 0) mkdirSync(below, { recursive: true });
    await writeFile(
      join(below, `IMG_${String(n).padStart(5, '0')}.JPG`),
      Buffer.concat([picture, Buffer.from(`picture ${n}`)]),
    );
  }
}

export function sha256(data: Buffer): string {
  return createHash('sha256').update(data).digest('hex');
}
