import { createHash } from 'node:crypto';
import { readFile, utimes } from 'node:fs/promises';
import { ExportStorage } from './export-storage';
import { testFolder } from './test-folder.fixture';

describe('ExportStorage', () => {
  let folder: Awaited<ReturnType<typeof testFolder>>;
  let storage: ExportStorage;
  beforeEach(async () => {
    folder = await testFolder();
    storage = new ExportStorage(folder.path);
  });
  afterEach(() => folder.drop());

  it('returns size and hash of the written file', async () => {
    const stored = await storage.write('7-1.csv', async (write) => {
      await write('häron\r\n');
      await write(Buffer.from('wolf\r\n'));
    });
    const content = await readFile(storage.pathOf(stored.key));
    expect(content.toString('utf8')).toBe('häron\r\nwolf\r\n');
    expect(stored).toEqual({
      key: 'exports/7-1.csv',
      bytes: content.length,
      sha256: createHash('sha256').update(content).digest(),
    });
    expect(await folder.files()).toEqual(['exports/7-1.csv']);
  });

  it('creates the named file only when it is complete', async () => {
    await storage.write('7-1.csv', async (write) => {
      await write('half');
      expect((await folder.files()).filter((file) => file.startsWith('exports/'))).toEqual([]);
    });
  });

  it('stops at an abort and leaves no file', async () => {
    const abort = new AbortController();
    const writing = storage.write(
      '7-1.csv',
      async (write) => {
        await write('half');
        abort.abort();
        await write('the other half');
      },
      abort.signal,
    );
    await expect(writing).rejects.toMatchObject({ name: 'AbortError' });
    expect(await folder.files()).toEqual([]);
  });

  it('leaves no file when the disk is full', async () => {
    const writing = storage.write('7-1.csv', async (write) => {
      await write('half');
      throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
    });
    await expect(writing).rejects.toMatchObject({ code: 'disk_full' });
    expect(await folder.files()).toEqual([]);
  });

  it('lists the files older than an age, and none if there is no folder', async () => {
    expect(await storage.findOlderThan(0)).toEqual([]);
    for (const name of ['1-1.csv', '2-1.csv']) await storage.write(name, (write) => write('x'));
    const hourAgo = new Date(Date.now() - 3_600_000);
    await utimes(storage.pathOf('exports/1-1.csv'), hourAgo, hourAgo);
    expect(await storage.findOlderThan(60_000)).toEqual(['exports/1-1.csv']);
  });
});
