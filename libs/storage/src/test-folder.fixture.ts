import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Creates a folder for one test. */
export async function testFolder(): Promise<{ path: string; files(): Promise<string[]>; drop(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'pugmark-storage-'));
  return {
    path,
    files: async () => {
      const entries = await readdir(path, { recursive: true, withFileTypes: true });
      return entries
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name).slice(path.length + 1))
        .sort();
    },
    drop: () => rm(path, { recursive: true, force: true }),
  };
}

/** Simulates a write to a full disk, which a real disk cannot do in a test. */
export async function* untilDiskIsFull(): AsyncGenerator<Buffer> {
  yield Buffer.from('the beginning');
  throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
}
