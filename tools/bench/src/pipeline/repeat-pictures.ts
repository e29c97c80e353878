import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { CommandError } from '@pugmark/toolkit';

const PICTURE = new Set(['.jpg', '.jpeg', '.png', '.webp', '.tif', '.tiff']);

/**
 * `count` pictures in `target`, which is emptied first: those of the folder again and again, each a file of its own. Readers of
 * all four formats stop at the picture's end, so that a few bytes after it make another file of the same picture.
 */
export async function repeatPictures(source: string, target: string, count: number, mark: string): Promise<string[]> {
  const names = readdirSync(source, { recursive: true, encoding: 'utf8' })
    .filter((name) => PICTURE.has(extname(name).toLowerCase()))
    .sort();
  if (names.length === 0) throw new CommandError(`there are no pictures in ${source}`);
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
