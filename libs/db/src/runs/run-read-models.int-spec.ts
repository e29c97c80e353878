import { sql } from 'kysely';
import type { Detection, ModelManifest } from '@pugmark/domain';
import type { Database } from '../connection/database';
import { DetectionRepository } from '../inferences/detection.repository';
import { ModelRepository } from '../models/model.repository';
import { RunRepository } from './run.repository';
import { RunCountsRepository } from './run-counts.repository';
import { TaskRepository } from '../tasks/task.repository';
import { Study } from '../testing/study.fixture';
import { streamDetectionRows, type DetectionRow } from '../exports/detection-rows';
import { findImage } from '../images/image-details';
import { listImages } from '../images/image-list';
import { countTasks, countRecentlyFinished, summariseRun } from './run-progress';

const MANIFEST = { name: 'm2', version: '1', licence: 'MIT', threshold: 0.2 } as ModelManifest;
const BOX = { x: 0.1, y: 0.2, width: 0.3, height: 0.4 };
const found = (category: Detection['category'], confidence: number): Detection => ({
  category,
  label: category,
  confidence,
  box: BOX,
});

describe('read models of results', () => {
  let study: Study;
  let db: Database;
  let projectId: number;
  let modelId: number;
  let runId: number;
  let images: number[];

  beforeEach(async () => {
    study = await Study.start();
    ({ db, projectId } = study);
    modelId = (await new ModelRepository().register(db, MANIFEST)).id;
    images = [];
    for (let n = 0; n < 6; n += 1) images.push(await study.image(null, null, undefined, `${n}.jpg`));
    const runs = new RunRepository();
    runId = await runs.create(db, { projectId, modelId, classify: null, priority: 0 });
    // In steps of four: a full one and an incomplete one.
    expect(
      await db
        .transaction()
        .execute((tx) =>
          runs.createTasksForImages(tx, { id: runId, projectId, priority: 0, traceparent: null }, {}, 4),
        ),
    ).toBe(6);
    expect(
      await db.selectFrom('tasks').select('subject_id').distinct().where('run_id', '=', runId).execute(),
    ).toHaveLength(6);
  });

  afterEach(() => study.stop());

  /**
   * The first image shows an animal, the next an animal and a person, then one below the threshold, a truncated blank,
   * a failed one; the last is not processed.
   */
  async function givenResults(): Promise<void> {
    const tasks = new TaskRepository(db);
    const claimed = await tasks.claim(
      'detect',
      [1, 2, 3, 4, 5].map((id) => ({ id, attempt: 1 })),
      'w',
    );
    const detections = [
      [found('animal', 0.9)],
      [found('animal', 0.5), found('person', 0.4)],
      [found('vehicle', 0.15)],
      [],
    ];
    await tasks.commit(
      claimed.map((task) => {
        const index = images.indexOf(task.subjectId);
        if (index === 4)
          return { task, outcome: 'failed' as const, code: 'file_missing', message: 'the file is missing' };
        const warning = index === 3 ? ('truncated' as const) : null;
        return {
          task,
          outcome: 'done' as const,
          result: {
            imageId: task.subjectId,
            modelId,
            engine: 'wasm',
            warning,
            decodeMs: 1,
            inferMs: 2,
            detections: detections[index] ?? [],
          },
        };
      }),
      async (tx, done) => {
        await new DetectionRepository().insertNew(
          tx,
          done.map(({ result }) => result),
        );
        await new RunCountsRepository().add(
          tx,
          done.map(({ task }) => task.id),
        );
      },
    );
  }

  it('summarizes a run in images, by the threshold of its model', async () => {
    await givenResults();
    expect(await summariseRun(db, runId)).toEqual({
      images: 6,
      blanks: 2,
      animals: 2,
      people: 1,
      vehicles: 0,
      failed: 1,
      truncated: 1,
      engines: ['wasm'],
    });
    expect(await countTasks(db, { runId })).toEqual({
      waiting: 1,
      queued: 0,
      running: 0,
      done: 4,
      failed: 1,
      cancelled: 0,
    });
    const { finished, seconds } = await countRecentlyFinished(db, runId);
    expect(finished).toBe(5);
    expect(seconds).toBeGreaterThan(0);
  });

  it('summarizes a run without results', async () => {
    expect(await summariseRun(db, runId)).toEqual({
      images: 6,
      blanks: 0,
      animals: 0,
      people: 0,
      vehicles: 0,
      failed: 0,
      truncated: 0,
      engines: [],
    });
    expect(await countRecentlyFinished(db, null)).toEqual({ finished: 0, seconds: 0 });
  });

  it('stores a result once: repeated work changes nothing', async () => {
    await givenResults();
    const again = {
      imageId: images[0] ?? 0,
      modelId,
      engine: 'other',
      warning: null,
      decodeMs: 9,
      inferMs: 9,
      detections: [found('person', 0.9)],
    };
    await db.transaction().execute((tx) => new DetectionRepository().insertNew(tx, [again]));
    expect((await findImage(db, images[0] ?? 0))?.detections.map(({ category }) => category)).toEqual(['animal']);
    expect(await sql`select count(*)::int as n from inferences`.execute(db)).toMatchObject({ rows: [{ n: 4 }] });
  });

  it('lists images with their detections, by category, confidence and state', async () => {
    await givenResults();
    const names = async (filter: Parameters<typeof listImages>[1]): Promise<string[]> =>
      (await listImages(db, { projectId, ...filter }, null, 10)).map(({ image }) => image.fileName);
    expect(await names({})).toHaveLength(6);
    expect(await names({ category: 'animal' })).toEqual(['0.jpg', '1.jpg']);
    expect(await names({ category: 'animal', minConfidence: 0.6 })).toEqual(['0.jpg']);
    expect(await names({ category: 'vehicle' })).toEqual([]);
    expect(await names({ category: 'vehicle', minConfidence: 0.1 })).toEqual(['2.jpg']);
    expect(await names({ category: 'blank' })).toEqual(['2.jpg', '3.jpg']);
    expect(await names({ runId, state: 'failed' })).toEqual(['4.jpg']);
    expect(
      (await listImages(db, { projectId }, { value: images[1]!, id: images[1]! }, 2)).map(
        ({ image }) => image.fileName,
      ),
    ).toEqual(['2.jpg', '3.jpg']);
    const all = (await listImages(db, { projectId }, null, 10)).map(({ image }) => image);
    expect(all.map(({ status, warning, failure }) => [status, warning, failure?.code ?? null])).toEqual([
      ['done', null, null],
      ['done', null, null],
      ['done', null, null],
      ['done', 'truncated', null],
      ['failed', null, 'file_missing'],
      ['pending', null, null],
    ]);
    expect(JSON.stringify(all)).not.toContain('/secret/');
  });

  it('streams detections page by page from one snapshot, whatever is written meanwhile', async () => {
    await givenResults();
    const rows: DetectionRow[] = [];
    await streamDetectionRows(db, projectId, {}, 2, async (page, total) => {
      expect(total).toBe(3);
      rows.push(...page);
      const late = {
        imageId: images[5] ?? 0,
        modelId,
        engine: 'wasm',
        warning: null,
        decodeMs: 1,
        inferMs: 1,
        detections: [found('animal', 0.9)],
      };
      await db.transaction().execute((tx) => new DetectionRepository().insertNew(tx, [late]));
    });
    expect(rows.map(({ filePath, category }) => `${filePath} ${category}`)).toEqual([
      '0.jpg animal',
      '1.jpg animal',
      '1.jpg person',
    ]);
    expect(rows[0]).toMatchObject({
      confidence: expect.closeTo(0.9),
      model: 'm2',
      modelVersion: '1',
      deployment: null,
    });
  });
});
