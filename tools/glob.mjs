// Every file below a folder whose name passes the test. (node:fs has its own glob only from Node 22 on.)
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

export function globSync(folder, test) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && test(entry.name))
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .sort();
}
