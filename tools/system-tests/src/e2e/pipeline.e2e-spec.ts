import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { waitUntil } from '@pugmark/testing';
import type { Image } from '@pugmark/launcher';
import { catImage, sha256, writeDistinctImages } from './images';
import { ROOT, startPipeline, type Pipeline } from './pipeline-fixture';

const TIMEOUT_MS = 240_000;
const MAKE_DEMO_IMAGES = join(ROOT, 'tools/launcher/dist/bundle/demo/images/make-demo-images.child.js');

describe('the pipeline, from folder to CSV', () => {
  let pipeline: Pipeline;

  beforeAll(async () => {
    pipeline = await startPipeline({ ML_ENGINE: 'wasm' });
  }, TIMEOUT_MS);

  afterAll(async () => {
    await pipeline.stop();
  }, TIMEOUT_MS);

  async function allImages(projectId: number): Promise<Image[]> {
    const images: Image[] = [];
    for await (const image of pipeline.api.images(projectId)) images.push(image);
    return images;
  }

  async function ingest(projectId: number, folder: string, mode: 'reference' | 'copy'): Promise<number> {
    const { id } = await pipeline.api.startIngest(projectId, undefined, folder, mode);
    await pipeline.finished(id, TIMEOUT_MS);
    return id;
  }

  it('shows which consumer answers on each route', async () => {
    const routes = await waitUntil('every route to be answered', async () => {
      const system = await pipeline.call<{
        routes: { kind: string; state: string; responder: string; roundTripMs: number }[];
      }>('GET', '/system');
      return system.routes.every(({ state }) => state === 'answered') && system.routes;
    });
    expect(routes.map(({ kind, responder }) => [kind, responder.split('@')[0]])).toEqual([
      ['scan', 'ingest'],
      ['detect', 'ml-worker'],
      ['classify', 'ml-worker'],
      ['export', 'export-worker'],
      ['derive', 'ingest'],
    ]);
    for (const { roundTripMs } of routes) expect(roundTripMs).toBeGreaterThan(0);
  });

  it(
    'finds what is on trail-camera images, equally by reference and by copy, and exports it',
    async () => {
      const images = join(ROOT, '.pugmark', 'test', 'pictures');
      await promisify(execFile)(process.execPath, [MAKE_DEMO_IMAGES, images], { timeout: TIMEOUT_MS });
      const folder = join(images, 'creek-crossing');
      const [referenced, copied] = [await pipeline.project(), await pipeline.project()];
      await ingest(referenced, folder, 'reference');
      const ingestId = await ingest(copied, folder, 'copy');

      const found = await allImages(referenced);
      const seen = (images: readonly Image[]) =>
        images
          .map(({ sha256: hash, status, warning, detections }) => ({
            hash,
            status,
            warning,
            detections: detections.map((one) => ({ ...one, id: null })),
          }))
          .sort((a, b) => a.hash.localeCompare(b.hash));
      expect(seen(await allImages(copied))).toEqual(seen(found));
      expect(found.every(({ status }) => status === 'done')).toBe(true);

      const run = await pipeline.api.run((await pipeline.api.ingest(ingestId)).runId ?? 0);
      expect(run.engines).toEqual(['wasm']);
      expect(run.summary.images).toBe(found.length);
      expect(run.summary.animals).toBeGreaterThan(5);
      expect(run.summary.blanks).toBeGreaterThan(3);
      expect(run.summary.failed).toBe(0);

      const created = await pipeline.api.startExport(copied);
      const finished = await waitUntil('the export', async () => {
        const now = await pipeline.api.export(created.id);
        return now.status === 'completed' && now;
      });
      const file = await pipeline.api.download(finished.id);
      expect(sha256(file)).toBe(finished.sha256);
      expect(file.length).toBe(finished.bytes);
      const [header = '', ...rows] = file.toString('utf8').trimEnd().split('\r\n');
      expect(header).toContain('confidence');
      expect(rows).toHaveLength(found.flatMap(({ detections }) => detections).length);
      expect(finished.rows).toBe(rows.length);
    },
    TIMEOUT_MS,
  );

  it(
    'processes a truncated image and flags it, reports duplicates, and lists files that are no images with the reason',
    async () => {
      const folder = join(pipeline.folder, 'mixed');
      mkdirSync(folder);
      const cat = catImage();
      writeFileSync(join(folder, 'cat.jpg'), cat);
      writeFileSync(join(folder, 'cat again.jpg'), cat);
      writeFileSync(join(folder, 'cut short.jpg'), cat.subarray(0, Math.floor(cat.length * 0.8)));
      writeFileSync(join(folder, 'notes.jpg'), 'battery changed on Tuesday');
      writeFileSync(join(folder, 'empty.jpg'), '');
      const projectId = await pipeline.project();
      const id = await ingest(projectId, folder, 'reference');

      expect(await pipeline.api.ingest(id)).toMatchObject({
        state: 'done',
        filesSeen: 5,
        imagesAdded: 2,
        duplicates: 1,
        skipped: 2,
      });
      const images = await allImages(projectId);
      expect(images.map(({ warning }) => warning).sort()).toEqual([null, 'truncated'].sort());
      for (const image of images) expect(image.detections.map(({ category }) => category)).toContain('animal');
      const skipped = await pipeline.call<{ items: { path: string; reason: string }[] }>(
        'GET',
        `/ingests/${id}/files?outcome=skipped`,
      );
      expect(skipped.items.map(({ path }) => path).sort()).toEqual(['empty.jpg', 'notes.jpg']);
      for (const { reason } of skipped.items) expect(reason.length).toBeGreaterThan(10);
    },
    TIMEOUT_MS,
  );

  it(
    'resumes a scan that was killed half-way: every file once, by its hash, in either mode',
    async () => {
      const folder = join(pipeline.folder, 'many');
      const count = 600;
      await writeDistinctImages(folder, count);
      const projectId = await pipeline.project();
      const { id } = await pipeline.api.startIngest(projectId, undefined, folder, 'copy');
      // Inference is not tested here, and would only compete for the processor: the tasks that the scan creates wait.
      await pipeline.call('POST', `/runs/${(await pipeline.api.ingest(id)).runId}/pause`);
      const images = async (): Promise<number> =>
        Number((await pipeline.one('select count(*) as n from images where ingest_id = $1', id))['n']);
      await waitUntil('the scan to be half done', async () => (await images()) > 100);
      await pipeline.kill('ingest');
      const atKill = await images();
      expect(atKill).toBeLessThan(count);

      await waitUntil('the scan to end', async () => (await pipeline.api.ingest(id)).state === 'done', 90_000);
      expect(await pipeline.api.ingest(id)).toMatchObject({
        filesSeen: count,
        imagesAdded: count,
        duplicates: 0,
        skipped: 0,
      });
      expect(
        await pipeline.one(
          'select count(*)::int as images, count(distinct sha256)::int as hashes from images where ingest_id = $1',
          id,
        ),
      ).toEqual({
        images: count,
        hashes: count,
      });
      expect(
        await pipeline.one(
          `select count(*)::int as tasks from tasks
           where kind = 'detect' and run_id = (select run_id from ingests where id = $1)`,
          id,
        ),
      ).toEqual({
        tasks: count,
      });
      const { location, sha } = await pipeline.one(
        "select location, encode(sha256, 'hex') as sha from images where ingest_id = $1 limit 1",
        id,
      );
      expect(sha256(readFileSync(join(pipeline.folder, 'instance', 'storage', String(location))))).toBe(sha);
      await pipeline.call('POST', `/runs/${(await pipeline.api.ingest(id)).runId}/cancel`);
    },
    TIMEOUT_MS,
  );
});
