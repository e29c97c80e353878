import { sql } from 'kysely';
import { ImageRepository, ModelRepository, DetectionRepository } from '@pugmark/db';
import type { Detection } from '@pugmark/domain';
import { ExportBench, detection, parseCsv } from '../test-export.fixture';

const UPPER = { x: 0.1, y: 0.1, width: 0.2, height: 0.2 };
const LOWER = { x: 0.6, y: 0.6, width: 0.2, height: 0.2 };

describe('exports of observations', () => {
  let bench: ExportBench;
  beforeAll(async () => {
    bench = await ExportBench.start();
  });
  beforeEach(() => bench.newProject());
  afterAll(() => bench.stop());

  async function records(
    content: 'detections' | 'observations',
    filter: object = {},
    pageRows = 100,
  ): Promise<Record<string, string>[]> {
    const id = await bench.newExport(filter, content);
    await bench.work(id, { pageRows });
    const { row, text } = await bench.result(id);
    const [header, ...lines] = parseCsv(text);
    expect(row).toMatchObject({ row_count: lines.length, percent: 100 });
    return lines.map((line) => Object.fromEntries(header!.map((name, place) => [name, line[place]!])));
  }

  describe('observations', () => {
    it('have one line for each effective label of an image, and one for a blank', async () => {
      const both = await bench.image(
        'both.jpg',
        [detection(0.9), detection(0.8), detection(0.7, { category: 'person', label: 'person' }), detection(0.3)],
        '2026-05-01T06:00:00',
      );
      const blank = await bench.image('blank.jpg', [detection(0.3)]);
      const corrected = await bench.image('corrected.jpg', [detection(0.9)]);
      await bench.review(corrected, [{ label: 'Lynx lynx', individuals: 2 }]);
      const rejected = await bench.image('rejected.jpg', [detection(0.9)]);
      await bench.review(rejected, []);
      await unanswered('unanswered.jpg');
      const seen = await records('observations');
      expect(
        seen.map((line) => [
          line['image_id'],
          line['category'],
          line['label'],
          line['individuals'],
          line['confidence'],
          line['source'],
          line['reviewer'],
        ]),
      ).toEqual([
        [String(both), 'animal', 'bear', '2', '0.900000', 'machine', ''],
        [String(both), 'person', 'person', '1', '0.700000', 'machine', ''],
        [String(blank), 'blank', '', '', '', 'machine', ''],
        [String(corrected), 'animal', 'Lynx lynx', '2', '1.000000', 'human', 'Kim'],
        [String(rejected), 'blank', '', '', '', 'human', 'Kim'],
      ]);
      expect(seen[0]).toMatchObject({
        file_path: 'both.jpg',
        deployment: 'Ridge',
        location: 'North, "upper"',
        captured_local: '2026-05-01T06:00:00',
        local_time: '2026-05-01T06:00:00',
        captured_at: '2026-05-01T04:00:00.000Z',
      });
      expect(new Date(seen[3]!['reviewed_at']!).getTime()).toBeGreaterThan(Date.now() - 600_000);
    });

    it('use the machine’s observations again when the human annotation is withdrawn', async () => {
      const image = await bench.image('a.jpg', [detection(0.9)]);
      await bench.review(image, []);
      await bench.review(image, null);
      expect(await records('observations')).toMatchObject([
        { category: 'animal', label: 'bear', source: 'machine', reviewer: '', reviewed_at: '' },
      ]);
    });

    it('include each line exactly once, for any number of pages and any filter', async () => {
      for (let n = 0; n < 25; n += 1) {
        // The person comes first, so that a page of the filter below is empty after the second condition.
        await bench.image(`${n}.jpg`, [
          detection(0.9),
          detection(n === 24 ? 0.95 : 0.6, { category: 'person', label: 'person' }),
        ]);
      }
      const all = await records('observations', {}, 4);
      expect(all.length).toBe(50);
      expect(new Set(all.map((line) => `${line['image_id']} ${line['category']}`)).size).toBe(50);
      expect(
        (await records('observations', { category: 'person', minConfidence: 0.8 }, 4)).map((line) => line['file_path']),
      ).toEqual(['24.jpg']);
      expect(await records('observations', { category: 'animal', minConfidence: 0.8 }, 4)).toHaveLength(25);
      expect(await records('observations', { deploymentId: 999_999 }, 4)).toEqual([]);
    });

    it('escape what people typed', async () => {
      await bench.review(await bench.image('a.jpg', []), [{ label: '=HYPERLINK("http://evil")' }]);
      expect((await records('observations'))[0]!['label']).toBe(`'=HYPERLINK("http://evil")`);
    });
  });

  describe('detections', () => {
    const reviewColumns = async (filter: object = {}): Promise<unknown[]> =>
      (await records('detections', filter)).map((line) => [line['label'], line['review'], line['review_label']]);

    it('include the annotation of each detection, and omit none', async () => {
      const image = await bench.image(
        'a.jpg',
        ['bear', 'dog', 'stone', 'shade'].map((label, n) => detection(0.9 - n / 10, { label, box: UPPER })),
      );
      const [bear, dog] = await bench.detectionIds(image);
      await bench.review(image, [
        { label: 'bear', box: UPPER, detectionId: bear! },
        { label: 'Canis lupus', box: UPPER, detectionId: dog! },
        { label: 'owl', box: LOWER },
      ]);
      expect(await reviewColumns()).toEqual([
        ['bear', 'confirmed', 'bear'],
        ['dog', 'relabelled', 'Canis lupus'],
        ['stone', 'rejected', ''],
        ['shade', 'rejected', ''],
      ]);
    });

    it('have no annotation where there is none, or where it was undone', async () => {
      const image = await bench.image('a.jpg', [detection(0.9)]);
      expect(await reviewColumns()).toEqual([['bear', '', '']]);
      await bench.review(image, []);
      expect(await reviewColumns()).toEqual([['bear', 'rejected', '']]);
      await bench.review(image, null);
      expect(await reviewColumns()).toEqual([['bear', '', '']]);
    });

    it('are not rejected by an annotation that may mean them', async () => {
      const image = await bench.image('a.jpg', [
        detection(0.9, { box: UPPER }),
        detection(0.8, { category: 'person', label: 'person', box: UPPER }),
      ]);
      await bench.review(image, [{ label: 'bear', individuals: 2 }]);
      expect(await reviewColumns()).toEqual([
        ['bear', '', ''],
        ['person', 'rejected', ''],
      ]);
      await bench.review(image, [{ label: 'bear', box: LOWER }]);
      expect(await reviewColumns()).toEqual([
        ['bear', 'rejected', ''],
        ['person', 'rejected', ''],
      ]);
      await bench.review(image, [{ label: 'bear', box: { ...UPPER, x: 0.15 } }]);
      expect(await reviewColumns()).toEqual([
        ['bear', '', ''],
        ['person', 'rejected', ''],
      ]);
    });

    it('of another model are not rejected because of what the first one detected in the same place', async () => {
      const image = await bench.image('a.jpg', [detection(0.9, { box: UPPER })]);
      const [bear] = await bench.detectionIds(image);
      await bench.review(image, [{ label: 'bear', box: UPPER, detectionId: bear! }]);
      await inferAgain(image, [
        detection(0.9, { label: 'beast', box: { ...UPPER, y: 0.15 } }),
        detection(0.8, { label: 'stone', box: LOWER }),
      ]);
      expect(await reviewColumns()).toEqual([
        ['bear', 'confirmed', 'bear'],
        ['beast', '', ''],
        ['stone', 'rejected', ''],
      ]);
    });

    it('are matched by the label of the classifier in the line', async () => {
      const image = await bench.image('a.jpg', [detection(0.9)]);
      const [bear] = await bench.detectionIds(image);
      const { id } = await bench.db
        .insertInto('models')
        .values({
          name: `species ${image}`,
          version: '1',
          licence: 'MIT',
          threshold: 0.5,
          manifest: '{}',
          stage: 'classify',
        })
        .returning('id')
        .executeTakeFirstOrThrow();
      await bench.db
        .insertInto('classifications')
        .values({ detection_id: bear!, model_id: id, rank: 1, label: 'fox', score: 0.75, engine: 'null' })
        .execute();
      await bench.review(image, [{ label: 'fox', detectionId: bear! }]);
      expect(await reviewColumns()).toEqual([['bear', 'confirmed', 'fox']]);
      await bench.review(image, [{ label: 'bear', detectionId: bear! }]);
      expect(await reviewColumns()).toEqual([['bear', 'relabelled', 'bear']]);
    });

    it('show which detections are static, until these are dismissed', async () => {
      await bench.image('a.jpg', [detection(0.9)]);
      const { rows } = await sql<{ id: number }>`
        insert into static_detections (project_id, deployment_id, category, x, y, width, height, images)
        values (${bench.projectId}, ${bench.deploymentId}, 'animal', 0.25, 0.125, 0.5, 0.0625, 20)
        returning id`.execute(bench.db);
      await sql`update detections set static_detection_id = ${rows[0]!.id}
        where image_id in (select id from images where project_id = ${bench.projectId})`.execute(bench.db);
      const isStatic = async (): Promise<unknown[]> => (await records('detections')).map((line) => line['static']);
      expect(await isStatic()).toEqual(['true']);
      await bench.db.updateTable('static_detections').set({ dismissed_at: new Date() }).execute();
      expect(await isStatic()).toEqual(['false']);
    });
  });

  async function unanswered(filePath: string): Promise<void> {
    const { ingest_id: ingestId } = await bench.db
      .selectFrom('images')
      .select('ingest_id')
      .where('project_id', '=', bench.projectId)
      .limit(1)
      .executeTakeFirstOrThrow();
    const image = {
      sha256: Buffer.alloc(32, 7),
      location: '/x/y',
      filePath,
      format: 'jpeg' as const,
      bytes: 1,
      width: 1,
      height: 1,
      capturedLocal: null,
      cameraMake: null,
      cameraModel: null,
      cameraSerial: null,
      latitude: null,
      longitude: null,
    };
    await bench.db
      .transaction()
      .execute((tx) =>
        new ImageRepository().insertNew(
          tx,
          { projectId: bench.projectId, deploymentId: null, ingestId, mode: 'reference' },
          [image],
        ),
      );
  }

  async function inferAgain(imageId: number, detections: readonly Detection[]): Promise<void> {
    const { id: modelId } = await new ModelRepository().register(bench.db, {
      name: `other ${imageId}`,
      version: '1',
      licence: 'MIT',
      threshold: 0.5,
      decoder: 'centernet',
    } as never);
    await bench.db
      .transaction()
      .execute((tx) =>
        new DetectionRepository().insertNew(tx, [
          { imageId, modelId, engine: 'null', warning: null, decodeMs: 1, inferMs: 1, detections },
        ]),
      );
  }
});
