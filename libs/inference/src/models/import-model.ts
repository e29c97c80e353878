import { cp, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { loadGraphModel } from '@tensorflow/tfjs-converter';
import { tensor4d, type Tensor } from '@tensorflow/tfjs-core';
import { FatalError, PermanentError, messageOf, stageOf, type ModelInput, type ModelManifest } from '@pugmark/domain';
import type { OutputTensor } from '../decoders/decoder';
import { createEngine, type EngineOptions } from '../engines/create-engine';
import type { Engine, EngineInfo } from '../engines/engine';
import { hasBatchOfOne } from '../converter/open-batch-dimension';
import type { GraphJson } from '../converter/graph-json';
import { outputsOf, type LoadedModel } from './loaded-model';
import { readGraphModel, verifyFiles } from './model-files';
import { normalisedPixels } from './normalised-pixels';

export interface ImportOptions {
  /** Folder of the files that the manifest names. */
  readonly folder: string;
  /** Folder of models, each in `name/version`. */
  readonly modelsDir: string;
  readonly engine: EngineOptions;
}

export interface ImportedModel {
  /** As stored: with the batch that was found to work. */
  readonly manifest: ModelManifest;
  readonly engine: EngineInfo;
  /** Time for one image after warm-up, in milliseconds. */
  readonly inferMs: number;
  /**
   * Largest difference from the results of TensorFlow.js, one operation after the other; null if there is nothing to
   * compare with.
   */
  readonly difference: number | null;
}

/** Maximum difference between two computations of the same; relative for values above 1, such as pixels. */
const TOLERANCE = 1e-3;
const TIMED_RUNS = 5;

/**
 * Verifies a model's files, loads and runs it, compares its results, converts it for the native engine if that is
 * available, and stores it completely or not at all. May be repeated. Throws FatalError or PermanentError with the
 * problem: `model_missing`, `model_corrupt`, `model_unsuitable`, `model_exists`.
 */
export async function importModel(manifest: ModelManifest, options: ImportOptions): Promise<ImportedModel> {
  const target = join(options.modelsDir, manifest.name, manifest.version);
  await verifyFiles(manifest, options.folder);
  await refuseOther(manifest, target);
  const engine = await createEngine(options.engine);
  const tried = await tryOut(await withOpenBatch(manifest, options.folder, engine), options.folder, engine);
  await store(tried.manifest, options.folder, target);
  return { ...tried, engine: engine.info };
}

/**
 * Opens a graph that was made for one image for larger batches, if requested and if it can be converted; the result is
 * verified afterwards. Otherwise it takes one image at a time.
 */
async function withOpenBatch(manifest: ModelManifest, folder: string, engine: Engine): Promise<ModelManifest> {
  if (manifest.format !== 'tfjs-graph' || manifest.batch === 1) return manifest;
  const { modelTopology } = await readGraphModel(manifest, folder);
  if (!hasBatchOfOne(modelTopology as GraphJson)) return manifest;
  return engine.info.name === 'tensorflow' ? { ...manifest, openBatch: true } : { ...manifest, batch: 1 };
}

async function tryOut(manifest: ModelManifest, folder: string, engine: Engine): Promise<Omit<ImportedModel, 'engine'>> {
  const model = await engine.load(manifest, folder);
  try {
    await assertBatch(model);
    const difference =
      manifest.format === 'tfjs-graph' && engine.info.name === 'tensorflow'
        ? await differenceToOpByOp(model, folder)
        : null;
    if (difference !== null && difference > TOLERANCE) {
      throw new FatalError(
        'model_unsuitable',
        `the converted model differs from the original by ${difference.toPrecision(2)}: more than ${TOLERANCE}; add the original SavedModel instead`,
      );
    }
    return { manifest, inferMs: await timeOf(model), difference };
  } catch (error) {
    if (manifest.openBatch !== true) throw error;
    // In some graphs a 1 has another meaning than 'one image': these take one image at a time.
    return await tryOut({ ...manifest, openBatch: false, batch: 1 }, folder, engine);
  } finally {
    model.dispose();
  }
}

/** A full batch must give the same result for each image as the image alone. */
async function assertBatch(model: LoadedModel): Promise<void> {
  const { batch, name } = model.manifest;
  if (batch === 1) return;
  const inputs = Array.from({ length: batch }, (_, seed) => testImage(model.manifest, seed + 1));
  const together = await model.raw(inputs).catch((error: unknown) => {
    throw new FatalError(
      'model_unsuitable',
      `model ${name} does not run with its batch of ${batch} images: ${messageOf(error)}; set "batch" to 1`,
      { cause: error },
    );
  });
  for (const [index, input] of [inputs[0]!, inputs[batch - 1]!].entries()) {
    const alone = await model.raw([input]);
    const at = index === 0 ? 0 : batch - 1;
    together.forEach(({ values }, output) => {
      const each = values.length / batch;
      const worst = largestDifference(values.subarray(at * each, (at + 1) * each), alone[output]!.values);
      if (worst > TOLERANCE)
        throw new FatalError(
          'model_unsuitable',
          `model ${name} gives other results for an image in a batch of ${batch} than for the image alone; set "batch" to 1`,
        );
    });
  }
}

async function differenceToOpByOp(model: LoadedModel, folder: string): Promise<number> {
  const { manifest } = model;
  const artifacts = await readGraphModel(manifest, folder);
  const original = await loadGraphModel({ load: async () => artifacts });
  try {
    const input = testImage(manifest, 1);
    const expected = opByOp(original, input, manifest);
    const found = await model.raw([input]);
    return found.reduce(
      (worst, { values }, index) => Math.max(worst, largestDifference(values, expected[index]!.values)),
      0,
    );
  } finally {
    original.dispose();
  }
}

function opByOp(
  model: Awaited<ReturnType<typeof loadGraphModel>>,
  image: ModelInput,
  manifest: ModelManifest,
): OutputTensor[] {
  const input = tensor4d(
    normalisedPixels([image], manifest),
    [1, manifest.input.height, manifest.input.width, 3],
    'float32',
  );
  const answer = model.execute(input, [...outputsOf(manifest)]) as Tensor | Tensor[];
  const outputs = Array.isArray(answer) ? answer : [answer];
  const values = outputs.map((output) => ({ shape: output.shape, values: Float32Array.from(output.dataSync()) }));
  for (const each of [input, ...outputs]) each.dispose();
  return values;
}

/** Relative for values above 1. */
function largestDifference(found: Float32Array, expected: Float32Array): number {
  if (found.length !== expected.length) return Infinity;
  return found.reduce(
    (largest, value, index) =>
      Math.max(largest, Math.abs(value - expected[index]!) / Math.max(1, Math.abs(expected[index]!))),
    0,
  );
}

async function timeOf(model: LoadedModel): Promise<number> {
  const input = testImage(model.manifest, 1);
  const times: number[] = [];
  for (let run = 0; run < TIMED_RUNS; run += 1) {
    const begin = performance.now();
    await model.raw([input]);
    times.push(performance.now() - begin);
  }
  return times.sort((a, b) => a - b)[Math.floor(TIMED_RUNS / 2)]!;
}

/** Deterministic test image for a seed: smooth shades with a bright patch. */
function testImage({ input: { width, height } }: ModelManifest, seed: number): ModelInput {
  const rgb = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const patch =
        Math.abs(x - ((seed * 97) % width)) < width / 8 && Math.abs(y - ((seed * 61) % height)) < height / 6 ? 120 : 0;
      rgb.set(
        [(x * 255) / width, (y * 200) / height + (seed % 5) * 10, (((x + y) * seed) % 128) + patch],
        (y * width + x) * 3,
      );
    }
  }
  return { rgb, width, height, placement: { left: 0, top: 0, width, height } };
}

async function refuseOther(manifest: ModelManifest, target: string): Promise<void> {
  const stored = await readFile(join(target, 'manifest.json'), 'utf8').then(
    (text) => JSON.parse(text) as ModelManifest,
    () => null,
  );
  if (stored === null || JSON.stringify(stored.files) === JSON.stringify(manifest.files)) return;
  throw new PermanentError(
    'model_exists',
    `there is a ${stageOf(stored) === 'detect' ? 'detector' : 'classifier'} ${manifest.name} ${manifest.version} with other files already: use another version`,
  );
}

/** Copied to a temporary folder and renamed, so that a worker never reads an incomplete model. */
async function store(manifest: ModelManifest, folder: string, target: string): Promise<void> {
  const isStored = await verifyFiles(manifest, target).then(
    () => true,
    () => false,
  );
  if (isStored) return writeManifest(manifest, target);
  const fresh = `${target}.new-${process.pid}`;
  await rm(fresh, { recursive: true, force: true });
  try {
    for (const { path } of manifest.files) {
      await mkdir(dirname(join(fresh, path)), { recursive: true });
      await cp(join(folder, path), join(fresh, path));
    }
    await writeManifest(manifest, fresh);
    await verifyFiles(manifest, fresh);
    await rm(target, { recursive: true, force: true });
    await rename(fresh, target);
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
}

async function writeManifest(manifest: ModelManifest, folder: string): Promise<void> {
  const aside = join(folder, `.manifest-${process.pid}`);
  await writeFile(aside, `${JSON.stringify(manifest, null, 2)}\n`, { flush: true });
  await rename(aside, join(folder, 'manifest.json'));
}
