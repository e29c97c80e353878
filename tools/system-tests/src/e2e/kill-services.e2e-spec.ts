import { join } from 'node:path';
import { waitUntil } from '@pugmark/testing';
import { APPS } from '@pugmark/launcher';
import { writeDistinctImages } from './images';
import { startPipeline, type Pipeline } from './pipeline-fixture';

const IMAGES = 160;
const TIMEOUT_MS = 400_000;

describe('kill -9', () => {
  let pipeline: Pipeline;

  beforeAll(async () => {
    pipeline = await startPipeline({ ML_ENGINE: 'wasm', SCAN_BATCH: '16' });
  }, TIMEOUT_MS);

  afterAll(async () => {
    await pipeline.stop();
  }, TIMEOUT_MS);

  it(
    `of each service in turn loses none of ${IMAGES} images and processes none twice`,
    async () => {
      const folder = join(pipeline.folder, 'pictures');
      await writeDistinctImages(folder, IMAGES);
      const projectId = await pipeline.project();
      const { id } = await pipeline.api.startIngest(projectId, undefined, folder);
      const done = async (): Promise<number> =>
        Number((await pipeline.one("select count(*) as n from tasks where kind = 'detect' and state = 'done'"))['n']);

      const doneAtKill: number[] = [];
      for (const [index, service] of APPS.entries()) {
        // Spread over the run, so that each service is killed in the middle of it.
        await waitUntil(`image ${20 + index * 25}`, async () => (await done()) >= 20 + index * 25, 120_000);
        doneAtKill.push(await done());
        await pipeline.kill(service);
      }
      expect(Math.max(...doneAtKill)).toBeLessThan(IMAGES);

      await waitUntil(
        'the gateway to answer and the run to end',
        () => pipeline.finished(id, 1_000).then(() => true),
        240_000,
      );
      expect(
        await pipeline.one(
          `select count(*)::int as tasks, count(*) filter (where state = 'done')::int as done
           from tasks where kind = 'detect'`,
        ),
      ).toEqual({
        tasks: IMAGES,
        done: IMAGES,
      });
      expect(
        await pipeline.one(
          'select count(*)::int as inferences, count(distinct image_id)::int as images from inferences',
        ),
      ).toEqual({
        inferences: IMAGES,
        images: IMAGES,
      });
      // The same image in every file must have the same number of detections each time.
      expect(
        await pipeline.one(
          `select count(distinct n)::int as kinds
           from (select count(*) as n from detections group by image_id) per_image`,
        ),
      ).toEqual({ kinds: 1 });
    },
    TIMEOUT_MS,
  );
});
