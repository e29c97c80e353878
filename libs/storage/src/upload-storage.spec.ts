import { readFile, readdir, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { uniqueName, safeFileName } from './safe-file-name';
import { testFolder, untilDiskIsFull } from './test-folder.fixture';
import { UploadNames } from './upload-names';
import { UploadStorage } from './upload-storage';

describe('UploadStorage', () => {
  let folder: Awaited<ReturnType<typeof testFolder>>;
  let storage: UploadStorage;
  beforeEach(async () => {
    folder = await testFolder();
    storage = new UploadStorage(folder.path);
  });
  afterEach(() => folder.drop());

  it('stores files with the same name separately', async () => {
    const upload = await storage.begin();
    const names = [];
    for (const text of ['one', 'two', 'three']) names.push((await upload.add('IMG_0001.JPG', chunks(text))).name);
    const path = await upload.finish();
    expect(names).toEqual(['IMG_0001.JPG', 'IMG_0001-2.JPG', 'IMG_0001-3.JPG']);
    expect(await readFile(join(path, 'IMG_0001-2.JPG'), 'utf8')).toBe('two');
  });

  it('is temporary until it is finished', async () => {
    const upload = await storage.begin();
    await upload.add('a.jpg', chunks('a'));
    expect((await folder.files()).every((file) => file.startsWith('tmp/'))).toBe(true);
    await upload.finish();
    expect((await folder.files()).every((file) => file.startsWith('uploads/'))).toBe(true);
  });

  it.each([true, false])('leaves nothing when discarded (finished before: %s)', async (finished) => {
    const upload = await storage.begin();
    await upload.add('a.jpg', chunks('a'));
    if (finished) await upload.finish();
    await upload.discard();
    expect(await folder.files()).toEqual([]);
  });

  it('keeps the folders of files, and separates files from folders of the same name', async () => {
    const upload = await storage.begin();
    const add = async (name: string, folders: string[]) => (await upload.add(name, chunks(name), folders)).name;
    expect(await add('a.jpg', ['DCIM', '100RECNX'])).toBe('DCIM/100RECNX/a.jpg');
    expect(await add('A.JPG', ['dcim', '100recnx'])).toBe('DCIM/100RECNX/A-2.JPG');
    expect(await add('b', [])).toBe('b');
    expect(await add('c.jpg', ['B'])).toBe('B-2/c.jpg');
    expect(await add('d.jpg', ['b'])).toBe('B-2/d.jpg');
    expect(await add('dcim', [])).toBe('dcim-2');
    expect(await add('../e.jpg', ['..', 'x/../y', ''])).toBe('unnamed/y/unnamed/e.jpg');
    const path = await upload.finish();
    expect((await folder.files()).filter((file) => !join(folder.path, file).startsWith(`${path}/`))).toEqual([]);
    expect(await readFile(join(path, 'B-2/d.jpg'), 'utf8')).toBe('d.jpg');
  });

  it('returns the hash of each file, and its temporary path', async () => {
    const upload = await storage.begin();
    const file = await upload.add('a.jpg', chunks('a', 'bc'));
    expect(file).toMatchObject({
      bytes: 3,
      sha256: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    });
    expect(await readFile(file.path, 'utf8')).toBe('abc');
  });

  it.each(['finish', 'discard'] as const)('removes side files at %s', async (end) => {
    const upload = await storage.begin();
    expect(await readFile(await upload.storeSideFile(chunks('archive')), 'utf8')).toBe('archive');
    await upload[end]();
    expect(await folder.files()).toEqual([]);
  });

  it('removes what killed processes left, at any depth, and keeps what is still being written', async () => {
    const upload = await storage.begin();
    const deep = await upload.add('a.jpg', chunks('a'), ['DCIM', '100']);
    await upload.storeSideFile(chunks('archive'));
    const old = new Date(Date.now() - 7_200_000);
    for (const path of await readdir(join(folder.path, 'tmp'), { recursive: true }))
      await utimes(join(folder.path, 'tmp', path), old, old);
    await utimes(deep.path, new Date(), new Date());
    expect(await storage.removeStaleTemporary(3_600_000)).toBe(1);
    expect(await folder.files()).toHaveLength(1);
    await utimes(deep.path, old, old);
    expect(await storage.removeStaleTemporary(3_600_000)).toBe(1);
    expect(await folder.files()).toEqual([]);
  });

  it('removes the incomplete file when the disk is full', async () => {
    const upload = await storage.begin();
    await expect(upload.add('a.jpg', untilDiskIsFull())).rejects.toMatchObject({ code: 'disk_full' });
    expect(await folder.files()).toEqual([]);
  });
});

describe('UploadNames', () => {
  it('finds names for fifty thousand files of the same name', () => {
    const names = new UploadNames();
    const startedAt = performance.now();
    expect(new Set(Array.from({ length: 50_000 }, () => names.reserve('IMG_0001.JPG', ['DCIM']))).size).toBe(50_000);
    expect(performance.now() - startedAt).toBeLessThan(5_000);
  });
});

describe('safeFileName', () => {
  it.each([
    ['IMG_0001.JPG', 'IMG_0001.JPG'],
    ['../../etc/passwd', 'passwd'],
    ['C:\\cards\\IMG 1.jpg', 'IMG 1.jpg'],
    ['/absolute.png', 'absolute.png'],
    ['..', 'unnamed'],
    ['', 'unnamed'],
    ['.hidden', 'hidden'],
    ['a\0b\nc.jpg', 'a_b_c.jpg'],
    ['what?*.jpg', 'what__.jpg'],
    ['Wölfe im März.jpg', 'Wölfe im März.jpg'],
    ['\u202Egpj.exe', '_gpj.exe'],
  ])('converts %j to %j', (given, expected) => expect(safeFileName(given)).toBe(expected));

  it('shortens a long name by whole characters and keeps its extension', () => {
    const name = safeFileName(`${'ä'.repeat(500)}.jpeg`);
    expect(Buffer.byteLength(name)).toBeLessThanOrEqual(180);
    expect(name).toMatch(/^ä+\.jpeg$/);
  });
});

describe('uniqueName', () => {
  it('ignores case, as some file systems do', () => {
    expect(uniqueName('A.jpg', new Set(['a.jpg', 'a-2.jpg']))).toBe('A-3.jpg');
  });
});

async function* chunks(...texts: string[]): AsyncGenerator<Buffer> {
  for (const text of texts) yield Buffer.from(text);
}
