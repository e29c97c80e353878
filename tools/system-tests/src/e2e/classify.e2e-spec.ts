import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { testTensorflowDir, waitUntil } from '@pugmark/testing';
import { startPipeline, type Pipeline } from './pipeline-fixture';
import { KIND_NAMES, randomNumbers, writeTintedCat } from './tinted-cats';
import { trainClassifier } from './train-classifier';

const IMAGES = 40;
const TIMEOUT_MS = 180_000;
/** WebAssembly, and the native engine where it is installed. */
const ENGINES = ['wasm', ...(testTensorflowDir() === null ? [] : ['tensorflow'])];

interface Image {
  readonly fileName: string;
  readonly detections: readonly {
    readonly category: string;
    readonly confidence: number;
    readonly classifications: readonly { readonly label: string; readonly score: number; readonly model: string }[];
  }[];
}

/** The folder of the classifier, which is trained once for all engines. */
const model = mkdtempSync(join(tmpdir(), 'pugmark-classifier-'));
beforeAll(() => trainClassifier(model), TIMEOUT_MS);
afterAll(() => rmSync(model, { recursive: true, force: true }));

describe.each(ENGINES)('a newly trained classifier on the engine %s', (engine) => {
  let pipeline: Pipeline;

  beforeAll(async () => {
    pipeline = await startPipeline({ ML_ENGINE: engine, TENSORFLOW_DIR: testTensorflowDir() ?? '' });
  }, TIMEOUT_MS);
  afterAll(() => pipeline.stop(), TIMEOUT_MS);

  it(
    'labels what the detector found, from the folder to the API',
    async () => {
      expect(await pipeline.pugmark('models', 'add', model)).toContain('cat-kinds 1, a classifier');
      const { items: models } = await pipeline.call<{ items: { id: number; name: string; stage: string }[] }>(
        'GET',
        '/models',
      );
      const classifier = models.find(({ name }) => name === 'cat-kinds')!;
      expect(classifier.stage).toBe('classify');

      const images = join(pipeline.folder, 'pictures');
      mkdirSync(images);
      const random = randomNumbers(5);
      for (let n = 0; n < IMAGES; n += 1) {
        const kind = KIND_NAMES[n % KIND_NAMES.length]!;
        await writeTintedCat(images, `${kind} ${n}.jpg`, kind, random);
      }
      const projectId = await pipeline.project();
      await pipeline.call('PATCH', `/projects/${projectId}`, {
        classify: { modelId: classifier.id, category: 'animal', threshold: 0.3 },
      });
      const { id, runId } = await pipeline.api.startIngest(projectId, undefined, images);
      await pipeline.finished(id, 120_000);

      const run = await pipeline.call<{ classify: object; engines: string[]; counts: { total: number; done: number } }>(
        'GET',
        `/runs/${runId}`,
      );
      expect(run).toMatchObject({ engines: [engine], classify: { name: 'cat-kinds', category: 'animal' } });
      // Each image with a cat has a task of the second stage.
      const stages = await pipeline.one(
        `select count(*) filter (where kind = 'detect')::int as detect, count(*) filter (where kind =
           'classify')::int as classify from tasks
         where state = 'done' and run_id = $1`,
        runId,
      );
      expect(stages['detect']).toBe(IMAGES);
      expect(stages['classify']).toBeGreaterThanOrEqual(IMAGES * 0.9);

      const { items } = await pipeline.call<{ items: Image[] }>('GET', `/images?projectId=${projectId}&limit=200`);
      const bestLabels = items.flatMap(({ fileName, detections }) => {
        const cat = detections.find(({ category, confidence }) => category === 'animal' && confidence >= 0.3);
        return cat === undefined ? [] : [{ fileName, classification: cat.classifications[0] }];
      });
      expect(bestLabels.length).toBe(stages['classify']);
      const right = bestLabels.filter(
        ({ fileName, classification }) => classification !== undefined && fileName.startsWith(classification.label),
      );
      expect(right.length / bestLabels.length).toBeGreaterThanOrEqual(0.95);
      expect(right[0]!.classification).toMatchObject({ model: 'cat-kinds 1' });
    },
    TIMEOUT_MS,
  );

  it(
    'changes nothing when the run is repeated',
    async () => {
      const before = await pipeline.one('select count(*)::int as n from classifications');
      const { id } = await pipeline.one('select project_id as id from runs order by id limit 1');
      const run = await pipeline.call<{ id: number }>('POST', '/runs', { projectId: Number(id) });
      await waitUntil(
        'the run to end',
        async () => (await pipeline.call<{ state: string }>('GET', `/runs/${run.id}`)).state === 'done',
        120_000,
      );
      expect(await pipeline.one('select count(*)::int as n from classifications')).toEqual(before);
      expect(
        Number(
          (await pipeline.one("select count(*)::int as n from tasks where kind = 'classify' and run_id = $1", run.id))[
            'n'
          ],
        ),
      ).toBeGreaterThan(0);
    },
    TIMEOUT_MS,
  );

  it('is reported as this engine, with the reason', async () => {
    const { engines } = await pipeline.call<{ engines: { name: string; reason: string; processesReady: number }[] }>(
      'GET',
      '/system',
    );
    expect(engines).toEqual([expect.objectContaining({ name: engine, reason: expect.stringContaining('by name') })]);
  });
});
