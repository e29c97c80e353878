import { join } from 'node:path';
import { writeDistinctImages } from './images';
import { startPipeline, type Pipeline, type Run } from './pipeline-fixture';

const TIMEOUT_MS = 180_000;
/** Of an image, from 2 s on a batch of 16 images takes longer than the worker's limit for progress used to be. */
const DEADLINE_MS = 2_000;

describe('the ml-worker with a slow model', () => {
  let pipeline: Pipeline;
  afterEach(() => pipeline.stop(), TIMEOUT_MS);

  const start = (settings: NodeJS.ProcessEnv): Promise<Pipeline> =>
    startPipeline({ ML_ENGINE: 'null', ML_IMAGE_DEADLINE_MS: String(DEADLINE_MS), ...settings });

  async function ingest(images: number): Promise<number> {
    const folder = join(pipeline.folder, 'pictures');
    await writeDistinctImages(folder, images);
    return pipeline.ingestWithoutInference(folder);
  }

  async function finished(body: object): Promise<Run> {
    const { id } = await pipeline.call<Run>('POST', '/runs', body);
    return pipeline.finishedRun(id);
  }

  /** Every image was done at its first attempt, and no engine process and no worker was killed. */
  async function expectNoneBlamed(run: Run, images: number): Promise<void> {
    expect(run.counts).toMatchObject({ total: images, done: images });
    expect(
      await pipeline.one(
        'select max(attempt)::int as attempts, max(failures)::int as failures from tasks where run_id = $1',
        run.id,
      ),
    ).toEqual({ attempts: 1, failures: 0 });
    expect(await pipeline.metric('ml-worker', 'pugmark_engine_restarts')).toBe(0);
  }

  it(
    'does not charge images for a model that takes longer to load than an image may take',
    async () => {
      pipeline = await start({ ML_NULL_LOAD_MS: String(1.5 * DEADLINE_MS) });
      const projectId = await ingest(16);
      const pid = pipeline.pid('ml-worker');
      // Not a default: it is loaded when the first batch needs it.
      const { id: modelId } = await pipeline.one(
        `insert into models (name, version, licence, threshold, manifest)
         select 'slow', '1', licence, threshold, manifest || '{"name": "slow", "version": "1"}' from models limit 1
         returning id::int`,
      );
      await expectNoneBlamed(await finished({ projectId, modelId }), 16);
      expect(pipeline.pid('ml-worker')).toBe(pid);
    },
    TIMEOUT_MS,
  );

  it(
    'lets a model work whose batches take longer than the limit for progress',
    async () => {
      // A batch of 16 images takes 14 s: the worker used to be killed after 8 s.
      pipeline = await start({ ML_NULL_IMAGE_MS: '875', ML_PROCESSES: '1' });
      const projectId = await ingest(20);
      const pid = pipeline.pid('ml-worker');
      await expectNoneBlamed(await finished({ projectId }), 20);
      expect(pipeline.pid('ml-worker')).toBe(pid);
      const { progress } = await pipeline.call<{ progress: { kind: string; limitSeconds: number }[] }>(
        'GET',
        '/system',
      );
      expect(progress.find(({ kind }) => kind === 'detect')).toMatchObject({ limitSeconds: (4 * DEADLINE_MS) / 1_000 });
    },
    TIMEOUT_MS,
  );
});
