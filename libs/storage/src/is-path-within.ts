import { sep } from 'node:path';

/** Whether a path is a folder or below it. Both are absolute and normalized; symbolic links are not resolved. */
export function isPathWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}
