import { exportJobKey, type Cache } from '@pugmark/cache';
import { ImageRepository } from '@pugmark/db';
import { ExportStorage, type StoredFile, type WriteChunk } from '@pugmark/storage';
import { ExportBench, context, detection, parseCsv } from '../test-export.fixture';

const HEADER =
  'detection_id,image_id,file_path,sha256,deployment,location,captured_local,timezone,captured_at,category,label,confidence,x,y,width,height,image_width,image_height,model,model_version,classification,classification_score,classifier,static,review,review_label';

describe('ExportHandler', () => {
  let bench: ExportBench;
  beforeAll(async () => {
    bench = await ExportBench.start();
  });
  beforeEach(async () => {
    await bench.newProject();
    bench.files = new ExportStorage(bench.folder);
  });
  afterAll(() => bench.stop());

  it('writes a line for each detection and completes the export', async () => {
    const imageId = await bench.image('100RECNX/IMG_0001.JPG', [detection(0.75)], '2026-05-01T06:00:00');
    const id = await bench.newExport();
    await bench.work(id);
    const { row, lines } = await bench.result(id);
    expect(row).toMatchObject({ task_state: 'done', percent: 100, row_count: 1, expired: false });
    expect(row.expires_at?.getTime()).toBeGreaterThan(Date.now() + 3_500_000);
    expect(lines).toEqual([
      HEADER,
      expect.stringMatching(
        new RegExp(
          `^\\d+,${imageId},100RECNX/IMG_0001.JPG,[0-9a-f]{64},Ridge,"North, ""upper""",2026-05-01T06:00:00,Europe/Berlin,2026-05-01T04:00:00.000Z,animal,bear,0\\.750000,0\\.250000,0\\.125000,0\\.500000,0\\.062500,1920,1080,test-model,1\\.0\\.0,,,,false,,$`,
        ),
      ),
    ]);
  });

  it('exports names with quotes, commas and other scripts', async () => {
    await bench.newProject('=HYPERLINK("http://evil")');
    const names = ['a,b.jpg', 'say "hi".jpg', 'two\nlines.jpg', '=cmd.jpg', '-dash.jpg', 'Bär 熊.jpg'];
    for (const name of names) await bench.image(name, [detection(0.9)]);
    const id = await bench.newExport();
    await bench.work(id);
    const { text } = await bench.result(id);
    const records = parseCsv(text);
    expect(records.slice(1).map((record) => record[2])).toEqual([
      'a,b.jpg',
      'say "hi".jpg',
      'two\nlines.jpg',
      "'=cmd.jpg",
      "'-dash.jpg",
      'Bär 熊.jpg',
    ]);
    expect(new Set(records.map((record) => record.length))).toEqual(new Set([26]));
    expect(records[1]?.[4]).toBe(`'=HYPERLINK("http://evil")`);
    expect(records[1]?.[5]).toBe('North, "upper"');
  });

  it('writes only the header when there are no detections', async () => {
    const id = await bench.newExport();
    await bench.work(id);
    const { row, text } = await bench.result(id);
    expect(text).toBe(`${HEADER}\r\n`);
    expect(row).toMatchObject({ row_count: 0, percent: 100, task_state: 'done' });
  });

  it("applies the filter, and the model's threshold by default", async () => {
    const imageId = await bench.image('1.jpg', [
      detection(0.9),
      detection(0.3),
      detection(0.8, { category: 'person', label: 'person' }),
    ]);
    await bench.image('2.jpg', [detection(0.7)]);
    const runId = await bench.run();
    await bench.db
      .transaction()
      .execute((tx) => new ImageRepository().createDetectTasks(tx, { id: runId, traceparent: null }, [imageId]));
    const confidences = async (filter: object): Promise<string[]> => {
      const id = await bench.newExport(filter);
      await bench.work(id);
      return parseCsv((await bench.result(id)).text)
        .slice(1)
        .map((record) => String(record[11]).slice(0, 3));
    };
    expect(await confidences({})).toEqual(['0.9', '0.8', '0.7']);
    expect(await confidences({ minConfidence: 0.2 })).toEqual(['0.9', '0.3', '0.8', '0.7']);
    expect(await confidences({ category: 'person' })).toEqual(['0.8']);
    expect(await confidences({ runId })).toEqual(['0.9', '0.8']);
    expect(await confidences({ deploymentId: bench.deploymentId })).toEqual(['0.9', '0.8', '0.7']);
    expect(await confidences({ deploymentId: 999_999 })).toEqual([]);
  });

  it("includes the labels of the run's classifier, or of the one that was added last", async () => {
    const imageId = await bench.image('1.jpg', [detection(0.9)]);
    const { id: detectionId } = await bench.db
      .selectFrom('detections')
      .select('id')
      .where('image_id', '=', imageId)
      .executeTakeFirstOrThrow();
    const add = async (version: string, label: string): Promise<number> => {
      const { id } = await bench.db
        .insertInto('models')
        .values({ name: 'species', version, licence: 'MIT', threshold: 0.5, manifest: '{}', stage: 'classify' })
        .returning('id')
        .executeTakeFirstOrThrow();
      await bench.db
        .insertInto('classifications')
        .values([
          { detection_id: detectionId, model_id: id, rank: 1, label, score: 0.75, engine: 'null' },
          { detection_id: detectionId, model_id: id, rank: 2, label: 'boar', score: 0.125, engine: 'null' },
        ])
        .execute();
      return id;
    };
    const older = await add('1', 'fox');
    await add('2', '=badger');
    const runId = await bench.run();
    await bench.db
      .updateTable('runs')
      .set({ classifier_id: older, classify_category: 'animal', classify_threshold: 0.5 })
      .where('id', '=', runId)
      .execute();
    await bench.db
      .transaction()
      .execute((tx) => new ImageRepository().createDetectTasks(tx, { id: runId, traceparent: null }, [imageId]));
    const last = async (filter: object): Promise<string[]> => {
      const id = await bench.newExport(filter);
      await bench.work(id);
      return parseCsv((await bench.result(id)).text)[1]!.slice(20, 23);
    };
    // Escaped, like every text that a spreadsheet would evaluate as a formula.
    expect(await last({})).toEqual(["'=badger", '0.750000', 'species 2']);
    expect(await last({ runId })).toEqual(['fox', '0.750000', 'species 1']);
  });

  it('includes each detection once, for any number of pages', async () => {
    for (let n = 0; n < 25; n += 1) await bench.image(`${n}.jpg`, [detection(0.9), detection(0.8)]);
    const id = await bench.newExport();
    await bench.work(id, { pageRows: 7 });
    const { row, lines } = await bench.result(id);
    expect(row.row_count).toBe(50);
    expect(new Set(lines.slice(1).map((line) => line.split(',')[0])).size).toBe(50);
  });

  it('reads one snapshot: concurrent changes have no effect', async () => {
    for (let n = 0; n < 10; n += 1) await bench.image(`${n}.jpg`, [detection(0.9)]);
    const id = await bench.newExport();
    bench.files = new InterferingStorage(bench.folder, async (chunk) => {
      if (chunk !== 2) return;
      await bench.image('late.jpg', [detection(0.9)]);
      await bench.db
        .deleteFrom('detections')
        .where('image_id', 'in', (eb) =>
          eb
            .selectFrom('images')
            .select('id')
            .where('file_path', '=', '9.jpg')
            .where('project_id', '=', bench.projectId),
        )
        .execute();
    });
    await bench.work(id, { pageRows: 3 });
    const names = parseCsv((await bench.result(id)).text)
      .slice(1)
      .map((record) => record[2]);
    expect(names).toEqual(['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'].map((name) => `${name}.jpg`));
  });

  it.each(['lost', 'draining'])('stops when the task is %s, and leaves no file', async (how) => {
    for (let n = 0; n < 10; n += 1) await bench.image(`${n}.jpg`, [detection(0.9)]);
    const id = await bench.newExport();
    const before = await bench.storedFiles();
    const abort = new AbortController();
    let chunks = 0;
    bench.files = new InterferingStorage(bench.folder, (chunk) => {
      chunks = chunk;
      if (chunk === 2) abort.abort();
    });
    const task = await bench.claim(id);
    const outcomes = await bench
      .handler({ pageRows: 3 })
      .handle([task], how === 'lost' ? context(abort.signal) : context(undefined, abort.signal));
    expect(outcomes).toMatchObject([{ outcome: 'interrupted', code: 'interrupted' }]);
    expect(chunks).toBeLessThan(5);
    expect(await bench.storedFiles()).toEqual(before);
  });

  it('survives more deploys than a failing export has attempts', async () => {
    for (let n = 0; n < 10; n += 1) await bench.image(`${n}.jpg`, [detection(0.9)]);
    const id = await bench.newExport();
    for (let deploy = 1; deploy <= 12; deploy += 1) {
      const task = await bench.claim(id);
      expect(task).toMatchObject({ failures: 0, interruptions: deploy - 1 });
      const outcomes = await bench.handler({ pageRows: 3 }).handle([task], context(undefined, AbortSignal.abort()));
      await bench.tasks.commit(outcomes, () => Promise.resolve());
      expect(await bench.exports.find(bench.db, id)).toMatchObject({ task_state: 'waiting' });
    }
    await bench.work(id);
    expect((await bench.result(id)).lines).toHaveLength(11);
  });

  it('fails permanently when the export does not exist', async () => {
    const task = {
      id: 1,
      kind: 'export' as const,
      subjectId: 999_999,
      runId: null,
      attempt: 1,
      failures: 0,
      interruptions: 0,
      lastErrorCode: null,
      traceparent: null,
    };
    expect(await bench.handler().handle([task], context())).toMatchObject([
      { outcome: 'failed', code: 'export_missing' },
    ]);
  });

  it('does not complete an export that was cancelled meanwhile', async () => {
    await bench.image('1.jpg', [detection(0.9)]);
    const id = await bench.newExport();
    const task = await bench.claim(id);
    const handler = bench.handler();
    const outcomes = await handler.handle([task], context());
    await bench.tasks.cancel(bench.db, 'export', id);
    expect(await bench.tasks.commit(outcomes, (tx, done) => handler.write(tx, done))).toEqual([]);
    expect(await bench.exports.find(bench.db, id)).toMatchObject({ task_state: 'cancelled', file_key: null });
  });

  it('does not overwrite the file of another attempt', async () => {
    await bench.image('1.jpg', [detection(0.9)]);
    const id = await bench.newExport();
    const first = await bench.claim(id);
    await bench.tasks.commit([{ task: first, outcome: 'retry', code: 'x', message: 'x' }], () => Promise.resolve());
    await bench.work(id);
    const { text } = await bench.result(id);
    await bench.image('2.jpg', [detection(0.9)]);
    await bench.handler().handle([first], context());
    expect((await bench.result(id)).text).toBe(text);
  });

  it('writes its progress to the cache, and its outcome only after the commit', async () => {
    for (let n = 0; n < 10; n += 1) await bench.image(`${n}.jpg`, [detection(0.9)]);
    const id = await bench.newExport();
    const reported: unknown[] = [];
    const cache: Cache = {
      get: () => Promise.resolve(undefined),
      set: async (key, value) => {
        const row = await bench.exports.find(bench.db, id);
        reported.push([key, value, row?.task_state]);
      },
      delete: () => Promise.resolve(),
      state: () => 'up',
      close: () => Promise.resolve(),
    };
    await bench.work(id, { pageRows: 3, cache });
    expect(reported[0]).toEqual([exportJobKey(id), { status: 'processing', percent: 0 }, 'running']);
    expect(reported.at(-1)).toEqual([exportJobKey(id), { status: 'completed', percent: 100 }, 'done']);
  });

  it('continues when writing its progress fails', async () => {
    await bench.image('1.jpg', [detection(0.9)]);
    const id = await bench.newExport();
    const broken = {
      get: jest.fn(),
      set: () => Promise.reject(new Error('away')),
      delete: jest.fn(),
      state: () => 'down' as const,
      close: jest.fn(),
    };
    const handler = bench.handler({ cache: broken });
    expect(await handler.handle([await bench.claim(id)], context())).toMatchObject([{ outcome: 'done' }]);
  });
});

/** Lets a test act after each written chunk. */
class InterferingStorage extends ExportStorage {
  constructor(
    folder: string,
    private readonly afterChunk: (count: number) => void | Promise<void>,
  ) {
    super(folder);
  }

  override write(
    name: string,
    produce: (write: WriteChunk) => Promise<void>,
    signal?: AbortSignal,
  ): Promise<StoredFile> {
    let count = 0;
    return super.write(
      name,
      (write) =>
        produce(async (chunk) => {
          await write(chunk);
          await this.afterChunk(++count);
        }),
      signal,
    );
  }
}
