import { readdir } from 'node:fs/promises';
import { extname, join } from 'node:path';

/** File extensions of images. The server checks the content. */
const EXTENSIONS: ReadonlySet<string> = new Set(['.jpg', '.jpeg', '.png', '.webp', '.tif', '.tiff']);

export interface FoundFiles {
  /** Sorted paths of image files. */
  readonly images: readonly string[];
  /** Number of files with other extensions. */
  readonly others: number;
}

/** Finds the image files below a folder. Skips hidden files and links, which macOS adds or which may lead anywhere. */
export async function findImageFiles(folder: string): Promise<FoundFiles> {
  const images: string[] = [];
  let others = 0;
  const open = [folder];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    for (const entry of await readdir(at, { withFileTypes: true })) {
      if (entry.name.startsWith('.')) continue;
      const path = join(at, entry.name);
      if (entry.isDirectory()) open.push(path);
      else if (entry.isFile() && EXTENSIONS.has(extname(entry.name).toLowerCase())) images.push(path);
      else if (entry.isFile()) others += 1;
    }
  }
  return { images: images.sort(), others };
}
