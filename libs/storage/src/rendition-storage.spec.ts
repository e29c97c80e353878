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
  const id = (image: string, variant = 'small') => ({ sha256: hash(image), variant: hash(variant) });

  it('stores a rendition under the hashes of the image and of its source data', async () => {
    const storage = new RenditionStorage(folder.path);
    expect((await storage.find(id('a'))).stored).toBe(false);
    await storage.store(id('a'), Buffer.from('jpeg'));
    const { key, stored: kept } = await storage.find(id('a'));
    expect(kept).toBe(true);
    expect((await stat(join(storage.folder, key))).size).toBe(4);
    expect(await readdir(join(folder.path, 'tmp'))).toEqual([]);
  });

  it('removes the least recently used files first, and no more than necessary', async () => {
    const storage = new RenditionStorage(folder.path);
    const age = async (name: string, hours: number): Promise<void> => {
      const time = Date.now() / 1_000 - hours * 3_600;
      await utimes(join(storage.folder, (await storage.find(id(name))).key), time, time);
    };
    for (const name of ['old', 'used', 'middle', 'young']) await storage.store(id(name), Buffer.alloc(100));
    await age('old', 30);
    await age('used', 40);
    await age('middle', 20);
    await storage.find(id('used'));
    expect(await storage.shrinkTo(250)).toBe(2);
    const kept = await Promise.all(
      ['old', 'used', 'middle', 'young'].map(async (name) => (await storage.find(id(name))).stored),
    );
    expect(kept).toEqual([false, true, false, true]);
    expect(await storage.shrinkTo(250)).toBe(0);
  });

  it('removes the renditions of one image', async () => {
    const storage = new RenditionStorage(folder.path);
    for (const each of [id('a'), id('a', 'large'), id('b')]) await storage.store(each, Buffer.from('jpeg'));
    await storage.removeAll(hash('a'));
    await storage.removeAll(hash('c'));
    const left = await Promise.all([id('a'), id('a', 'large'), id('b')].map((each) => storage.find(each)));
    expect(left.map(({ stored }) => stored)).toEqual([false, false, true]);
  });

  it('shrinks an empty storage', async () => expect(await new RenditionStorage(folder.path).shrinkTo(0)).toBe(0));

  it('refuses an invalid key, and reports a path that is not a folder', async () => {
    const storage = new RenditionStorage(folder.path);
    await expect(storage.find({ ...id('a'), sha256: '../../etc/passwd' })).rejects.toMatchObject({ code: 'bad_hash' });
    await writeFile(join(folder.path, 'renditions'), 'a file instead of a folder');
    await expect(storage.find(id('a'))).rejects.toMatchObject({ code: 'ENOTDIR' });
  });
});
