import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { testTensorflowDir, waitUntil } from '@pugmark/testing';
import { descendants } from '@pugmark/toolkit';
import { FLOAT, placeholder, writeGraphModel } from './graph-model';
import { writeDistinctImages } from './images';
import { startPipeline, type Pipeline, type Run } from './pipeline-fixture';

const IMAGES = 200;
const TIMEOUT_MS = 180_000;
const SIDE = 8;

/** With the native engine where it is installed, else with WebAssembly. */
describe('the real engine under load', () => {
  let pipeline: Pipeline;
  beforeAll(async () => {
    const tensorflowDir = testTensorflowDir();
    pipeline = await startPipeline({
      ML_ENGINE: tensorflowDir === null ? 'wasm' : 'tensorflow',
      TENSORFLOW_DIR: tensorflowDir ?? '',
      ML_IMAGE_DEADLINE_MS: '4000',
    });
  }, TIMEOUT_MS);
  afterAll(() => pipeline.stop(), TIMEOUT_MS);

  const failures = async (projectId: number) => {
    const { items } = await pipeline.call<{
      items: { fileName: string; failure: { code: string; message: string } }[];
    }>('GET', `/images?projectId=${projectId}&status=failed&limit=200`);
    return items
      .map(({ fileName, failure }) => ({ fileName, ...failure }))
      .sort((a, b) => a.fileName.localeCompare(b.fileName));
  };

  it(
    'loses nothing to a segfault, a hang, and missing or unreadable files',
    async () => {
      const folder = join(pipeline.folder, 'faults');
      await writeDistinctImages(folder, IMAGES, IMAGES);
      const projectId = await pipeline.ingestWithoutInference(folder);
      const camera = join(folder, 'camera 1');
      const names = readdirSync(camera).sort();
      const [removed, removedToo, unreadable] = [names[3]!, names[100]!, names[150]!];
      for (const name of [removed, removedToo, unreadable]) rmSync(join(camera, name));
      mkdirSync(join(camera, unreadable));

      const { id } = await pipeline.call<Run>('POST', '/runs', { projectId });
      const done = async () => (await pipeline.call<Run>('GET', `/runs/${id}`)).counts['done'] ?? 0;
      await waitUntil('the first images', async () => (await done()) >= 20, 60_000);
      const engines = descendants(pipeline.pid('ml-worker')!);
      expect(engines.length).toBeGreaterThanOrEqual(2);
      process.kill(engines[0]!, 'SIGSEGV');
      process.kill(engines[1]!, 'SIGSTOP');

      const run = await pipeline.finishedRun(id);
      expect(run.counts).toMatchObject({ total: IMAGES, done: IMAGES - 3, failed: 3 });
      const found = await failures(projectId);
      expect(found.map(({ fileName, code }) => [fileName, code])).toEqual([
        [`camera 1/${removed}`, 'file_missing'],
        [`camera 1/${removedToo}`, 'file_missing'],
        [`camera 1/${unreadable}`, 'file_unreadable'],
      ]);
      expect(
        await pipeline.one(
          `select count(*)::int as inferences, count(distinct image_id)::int as images
           from inferences i join images m on m.id = i.image_id
           where m.project_id = $1`,
          projectId,
        ),
      ).toEqual({
        inferences: IMAGES - 3,
        images: IMAGES - 3,
      });
      // The same image in every file: whichever process ran inference, the result is the same.
      expect(
        await pipeline.one(
          `select count(distinct n)::int as kinds
           from (select count(*) as n from detections d join images m on m.id = d.image_id where m.project_id = $1
             group by image_id) per_image`,
          projectId,
        ),
      ).toEqual({ kinds: 1 });
    },
    TIMEOUT_MS,
  );

  /**
   * A detector of one box over the whole image with the score brightness ÷ brightness, which is NaN for black images.
   */
  function writeDivider(folder: string, name: string): void {
    writeGraphModel(folder, {
      weights: [
        { name: 'all', shape: [3], values: Int32Array.of(1, 2, 3) },
        { name: 'row', shape: [1, 1, 6], values: Float32Array.of(0, 0, SIDE, SIDE, 0.9, 0) },
        { name: 'shape', shape: [3], values: Int32Array.of(1, 1, 1) },
      ],
      nodes: [
        placeholder('x', 1, SIDE, SIDE, 3),
        {
          name: 'light',
          op: 'Mean',
          input: ['x', 'all'],
          attr: { T: FLOAT, Tidx: { type: 'DT_INT32' }, keep_dims: { b: false } },
        },
        { name: 'one', op: 'RealDiv', input: ['light', 'light'], attr: { T: FLOAT } },
        { name: 'cube', op: 'Reshape', input: ['one', 'shape'], attr: { T: FLOAT, Tshape: { type: 'DT_INT32' } } },
        { name: 'boxes', op: 'Mul', input: ['cube', 'row'], attr: { T: FLOAT } },
      ],
      manifest: {
        name,
        input: { width: SIDE, height: SIDE },
        resize: 'stretch',
        normalisation: '0..1',
        decoder: 'centernet',
        outputs: ['boxes'],
        labels: ['light'],
        categories: { light: 'animal' },
        storeThreshold: 0.1,
        threshold: 0.5,
        batch: 1,
      },
    });
  }

  async function addDivider(name: string): Promise<number> {
    const folder = join(pipeline.folder, name);
    writeDivider(folder, name);
    await pipeline.pugmark('models', 'add', folder);
    const { items } = await pipeline.call<{ items: { id: number; name: string }[] }>('GET', '/models');
    return items.find((model) => model.name === name)!.id;
  }

  async function shades(folder: string, values: readonly number[]): Promise<void> {
    mkdirSync(folder);
    for (const [n, value] of values.entries()) {
      const image = sharp({
        create: { width: 64, height: 48, channels: 3, background: { r: value, g: value, b: value } },
      });
      await image.png().toFile(join(folder, `${String(n).padStart(3, '0')}.png`));
      // Distinct files, even of the same shade.
      writeFileSync(
        join(folder, `${String(n).padStart(3, '0')}.png`),
        Buffer.concat([readFileSync(join(folder, `${String(n).padStart(3, '0')}.png`)), Buffer.from([n])]),
      );
    }
  }

  it(
    'fails only the images for which a model returns NaN, with that reason',
    async () => {
      const modelId = await addDivider('divider');
      const folder = join(pipeline.folder, 'shades');
      await shades(
        folder,
        Array.from({ length: 60 }, (_, n) => (n % 20 === 7 ? 0 : 100 + n)),
      );
      const projectId = await pipeline.ingestWithoutInference(folder);
      const { id } = await pipeline.call<Run>('POST', '/runs', { projectId, modelId });
      expect((await pipeline.finishedRun(id)).counts).toMatchObject({ total: 60, done: 57, failed: 3 });
      expect(await failures(projectId)).toEqual(
        ['007.png', '027.png', '047.png'].map((fileName) => ({
          fileName,
          code: 'nan_output',
          message: 'model divider returned NaN or infinity',
        })),
      );
    },
    TIMEOUT_MS,
  );

  it(
    'names the damaged file of a model, while other models keep working',
    async () => {
      const modelId = await addDivider('damaged');
      const stored = join(pipeline.modelsDir, 'damaged', '1', 'weights.bin');
      const good = readFileSync(stored);
      writeFileSync(stored, Buffer.concat([good, Buffer.from('x')]));
      rmSync(join(pipeline.modelsDir, 'converted'), { recursive: true, force: true });
      const folder = join(pipeline.folder, 'more shades');
      await shades(folder, [90, 120, 150]);
      const projectId = await pipeline.ingestWithoutInference(folder);
      const bad = await pipeline.call<Run>('POST', '/runs', { projectId, modelId });
      const other = await pipeline.call<Run>('POST', '/runs', { projectId });
      expect((await pipeline.finishedRun(other.id)).counts).toMatchObject({ done: 3 });
      expect((await pipeline.finishedRun(bad.id)).counts).toMatchObject({ failed: 3 });
      const { message } = await pipeline.one(
        'select error_message as message from tasks where run_id = $1 limit 1',
        bad.id,
      );
      expect(message).toMatch(/weights\.bin has sha256 [0-9a-f]{64}, its manifest says [0-9a-f]{64}: install it again/);
      // Once repaired, the model is loaded without a restart.
      writeFileSync(stored, good);
      const again = await pipeline.call<Run>('POST', '/runs', { projectId, modelId });
      expect((await pipeline.finishedRun(again.id)).counts).toMatchObject({ done: 3 });
    },
    TIMEOUT_MS,
  );
});
