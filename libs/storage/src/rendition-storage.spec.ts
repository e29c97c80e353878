import { createHash } from 'node:crypto';
import { readdir, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { RenditionStorage } from './rendition-storage';
import { testFolder } from './test-folder.fixture';

describe('RenditionStorage', () => {
  let folder: Awaited<ReturnType<typeof testFolder>>;
  beforeEach(async () => {
    folder = await testFolder();
  });
  afterEach(() => folder.drop());

  const hash = (text: string): string => createHash('sha256').update(text).digest('hex');

  it('keeps a picture under the hash of what it is made from', async () => {
    const storage = new RenditionStorage(folder.path);
    expect((await storage.find(hash('a'))).stored).toBe(false);
    await storage.store(hash('a'), Buffer.from('jpeg'));
    const { key, stored: kept } = await storage.find(hash('a'));
    expect(kept).toBe(true);
    expect((await stat(join(storage.folder, key))).size).toBe(4);
    expect(await readdir(join(folder.path, 'tmp'))).toEqual([]);
  });

  it('removes first what was not used for longest, and no more than it must', async () => {
    const storage = new RenditionStorage(folder.path);
    const age = async (name: string, hours: number): Promise<void> => {
      const time = Date.now() / 1_000 - hours * 3_600;
      await utimes(join(storage.folder, (await storage.find(hash(name))).key), time, time);
    };
    for (const name of ['old', 'used', 'middle', 'young']) await storage.store(hash(name), Buffer.alloc(100));
    await age('old', 30);
    await age('used', 40);
    await age('middle', 20);
    await storage.find(hash('used'));
    expect(await storage.shrinkTo(250)).toBe(2);
    const kept = await Promise.all(
      ['old', 'used', 'middle', 'young'].map(async (name) => (await storage.find(hash(name))).stored),
    );
    expect(kept).toEqual([false, true, false, true]);
    expect(await storage.shrinkTo(250)).toBe(0);
  });

  it('shrinks a storage that holds nothing', async () =>
    expect(await new RenditionStorage(folder.path).shrinkTo(0)).toBe(0));

  it('refuses a key that is no hash, and tells a folder that is none', async () => {
    const storage = new RenditionStorage(folder.path);
    await expect(storage.find('../../etc/passwd')).rejects.toMatchObject({ code: 'bad_hash' });
    await writeFile(join(folder.path, 'renditions'), 'a file where a folder should be');
    await expect(storage.find(hash('a'))).rejects.toMatchObject({ code: 'ENOTDIR' });
  });
});
