import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { CommandError } from '@pugmark/toolkit';

const IMAGE_EXTENSIONS = new Set(['.jpg', '.jpeg', '.png', '.webp', '.tif', '.tiff']);

/**
 * Fills `target`, which is emptied first, with `count` images: those of the folder repeatedly, each as a distinct file.
 * Decoders of all four formats ignore bytes after the end of the image, so that a few added bytes make another file of
 * the same image.
 */
export async function repeatImages(source: string, target: string, count: number, mark: string): Promise<string[]> {
  const names = readdirSync(source, { recursive: true, encoding: 'utf8' })
    .filter((name) => IMAGE_EXTENSIONS.has(extname(name).toLowerCase()))
    .sort();
  if (names.length === 0) throw new CommandError(`there are no images in ${source}`);
  rmSync(target, { recursive: true, force: true });
  mkdirSync(target, { recursive: true });
  const paths: string[] = [];
  for (let n = 0; n < count; n += 1) {
    const name = names[n % names.length] ?? '';
    const path = join(target, `${String(n).padStart(6, '0')}${extname(name)}`);
    await writeFile(path, Buffer.concat([await readFile(join(source, name)), Buffer.from(`${mark} ${n}`)]));
    paths.push(path);
  }
  return paths;
}
