import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freeName, safeFileName } from './safe-file-name';
import { testFolder, untilDiskIsFull } from './test-folder.fixture';
import { UploadStorage } from './upload-storage';

describe('UploadStorage', () => {
  let folder: Awaited<ReturnType<typeof testFolder>>;
  let storage: UploadStorage;
  beforeEach(async () => {
    folder = await testFolder();
    storage = new UploadStorage(folder.path);
  });
  afterEach(() => folder.drop());

  it('keeps files apart that have the same name', async () => {
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

  it('removes the half file when the disk is full', async () => {
    const upload = await storage.begin();
    await expect(upload.add('a.jpg', untilDiskIsFull())).rejects.toMatchObject({ code: 'disk_full' });
    expect(await folder.files()).toEqual([]);
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
  ])('makes %j into %j', (given, expected) => expect(safeFileName(given)).toBe(expected));

  it('shortens a long name by whole characters and keeps its extension', () => {
    const name = safeFileName(`${'ä'.repeat(500)}.jpeg`);
    expect(Buffer.byteLength(name)).toBeLessThanOrEqual(180);
    expect(name).toMatch(/^ä+\.jpeg$/);
  });
});

describe('freeName', () => {
  it('counts upper and lower case as the same: some file systems do', () => {
    expect(freeName('A.jpg', new Set(['a.jpg', 'a-2.jpg']))).toBe('A-3.jpg');
  });
});

async function* chunks(...texts: string[]): AsyncGenerator<Buffer> {
  for (const text of texts) yield Buffer.from(text);
}
