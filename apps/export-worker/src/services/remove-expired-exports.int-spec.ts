import { utimes } from 'node:fs/promises';
import { testLogger } from '@pugmark/testing';
import { ExportBench } from '../test-export.fixture';
import { removeAbandoned, removeExpired } from './remove-expired-exports';

describe('removing exports', () => {
  let bench: ExportBench;
  beforeAll(async () => {
    bench = await ExportBench.start();
  });
  afterAll(() => bench.stop());

  it('removes expired files, none before its time, and none twice', async () => {
    const [over, notYet] = [await bench.newExport(), await bench.newExport()];
    for (const id of [over, notYet]) await bench.work(id);
    await bench.db
      .updateTable('exports')
      .set({ expires_at: new Date(Date.now() - 1_000) })
      .where('id', '=', over)
      .execute();
    expect(await removeExpired(bench.db, bench.exports, bench.files, testLogger())).toBe(1);
    expect(await removeExpired(bench.db, bench.exports, bench.files, testLogger())).toBe(0);
    expect(await bench.exports.find(bench.db, over)).toMatchObject({ file_key: null, expired: true });
    expect(await bench.storedFiles()).toEqual([`exports/${notYet}-1.csv`]);
  });

  it('continues when it was killed between file and row', async () => {
    const id = await bench.newExport();
    await bench.work(id);
    await bench.db
      .updateTable('exports')
      .set({ expires_at: new Date(Date.now() - 1_000) })
      .where('id', '=', id)
      .execute();
    await bench.files.remove(`exports/${id}-1.csv`);
    expect(await removeExpired(bench.db, bench.exports, bench.files, testLogger())).toBe(1);
    expect(await bench.exports.find(bench.db, id)).toMatchObject({ file_key: null });
  });

  it('removes old files that no export references', async () => {
    const id = await bench.newExport();
    await bench.work(id);
    for (const name of ['77-1.csv', '77-2.csv']) await bench.files.write(name, (write) => write('x'));
    const longAgo = new Date(Date.now() - 48 * 3_600_000);
    for (const key of [`exports/${id}-1.csv`, 'exports/77-1.csv'])
      await utimes(bench.files.pathOf(key), longAgo, longAgo);
    expect(await removeAbandoned(bench.db, bench.exports, bench.files, testLogger())).toBe(1);
    const files = await bench.storedFiles();
    expect(files).toContain(`exports/${id}-1.csv`);
    expect(files).toContain('exports/77-2.csv');
    expect(files).not.toContain('exports/77-1.csv');
  });
});
