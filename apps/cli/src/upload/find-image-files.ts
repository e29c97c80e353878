import { readdir } from 'node:fs/promises';
import { extname, join } from 'node:path';

/** As cameras name them. What is in a file is seen by the server. */
const EXTENSIONS: ReadonlySet<string> = new Set(['.jpg', '.jpeg', '.png', '.webp', '.tif', '.tiff']);

export interface FoundFiles {
  /** Paths of pictures, always in the same order. */
  readonly images: readonly string[];
  /** How many files have another name. */
  readonly others: number;
}

/** The files below a folder. Hidden ones and links are passed over: what macOS adds, and what may lead anywhere. */
export async function findImageFiles(folder: string): Promise<FoundFiles> {
  const pictures: string[] = [];
  let others = 0;
  const open = [folder];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    for (const entry of await readdir(at, { withFileTypes: true })) {
      if (entry.name.startsWith('.')) continue;
      const path = join(at, entry.name);
      if (entry.isDirectory()) open.push(path);
      else if (entry.isFile() && EXTENSIONS.has(extname(entry.name).toLowerCase())) pictures.push(path);
      else if (entry.isFile()) others += 1;
    }
  }
  return { images: pictures.sort(), others };
}
