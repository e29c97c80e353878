import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { catImage, writeDistinctImages } from './images';
import { startPipeline, type Pipeline } from './pipeline-fixture';

const TIMEOUT_MS = 240_000;

describe('pugmark upload', () => {
  let pipeline: Pipeline;

  beforeAll(async () => {
    pipeline = await startPipeline({ ML_ENGINE: 'null' });
  }, TIMEOUT_MS);
  afterAll(() => pipeline.stop(), TIMEOUT_MS);

  it(
    'sends a memory card, leaves out files that are no images with the reason, and sends nothing twice when repeated',
    async () => {
      const card = join(pipeline.folder, 'card');
      await writeDistinctImages(card, 60);
      mkdirSync(join(card, 'odd'));
      writeFileSync(join(card, 'odd', 'notes.jpg'), 'battery changed on Tuesday');
      writeFileSync(join(card, 'odd', 'cut short.jpg'), catImage().subarray(0, 60_000));
      const projectId = await pipeline.project();

      const first = await pipeline
        .pugmark('upload', card, '--project', String(projectId))
        .catch((error: { code: number; stdout: string }) => error);
      expect(first).toMatchObject({
        code: 1,
        stdout: expect.stringMatching(/added +61 .*refused +1.*Refused:\n {2}odd\/notes\.jpg: .*not an image/s),
      });
      expect(
        await pipeline.one(
          'select count(*)::int as images, count(distinct sha256)::int as hashes from images where project_id = $1',
          projectId,
        ),
      ).toEqual({ images: 61, hashes: 61 });

      writeFileSync(join(card, 'odd', 'one more.jpg'), Buffer.concat([catImage(), Buffer.from('one more')]));
      const again = await pipeline
        .pugmark('upload', card, '--project', String(projectId), '--no-detect')
        .catch((error: { code: number; stdout: string }) => error);
      expect(again).toMatchObject({ code: 1, stdout: expect.stringMatching(/added +1 .*already stored +61/s) });
    },
    TIMEOUT_MS,
  );

  it(
    'shows the state of the system',
    async () => {
      const status = await pipeline.pugmark('status');
      expect(status).toMatch(/Pugmark .* up .*Postgres +up.*RabbitMQ +ready.*pugmark\.scan +answered/s);
      expect(status).toContain('No problems found.');
    },
    TIMEOUT_MS,
  );
});
