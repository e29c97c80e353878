import { appendFile, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ModelInput, ModelManifest } from '@pugmark/domain';
import { describeUnless, missingTensorflow, testTensorflowDir } from '@pugmark/testing';
import {
  FLOAT,
  graphModel,
  ints,
  noise,
  placeholder,
  text,
  type FixtureWeight,
} from '../converter/graph-model.fixture';
import type { NodeJson } from '../converter/graph-json';
import { createEngine, type EngineOptions } from '../engines/create-engine';
import { draftManifest } from './draft-manifest';
import { importModel } from './import-model';
import { parseManifest } from './parse-manifest';

const DIR = testTensorflowDir();

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pugmark-import-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const CONV = {
  T: FLOAT,
  strides: ints(1, 2, 2, 1),
  dilations: ints(1, 1, 1, 1),
  padding: text('SAME'),
  data_format: text('NHWC'),
  explicit_paddings: { list: {} },
};
/**
 * A classifier of three labels over 8 × 8 pixels, made for one image: its last shape is [1, 3]. Other values of `flat`
 * break it.
 */
function classifier(flat: readonly number[] = [1, 3]): { nodes: NodeJson[]; weights: Record<string, FixtureWeight> } {
  return {
    nodes: [
      placeholder(1, 8, 8, 3),
      {
        name: 'c',
        op: '_FusedConv2D',
        input: ['x', 'k', 'b'],
        attr: { ...CONV, num_args: { i: 1 }, fused_ops: { list: { s: ['Qmlhc0FkZA==', 'UmVsdQ=='] } } },
      },
      {
        name: 'mean',
        op: 'Mean',
        input: ['c', 'axes'],
        attr: { T: FLOAT, Tidx: { type: 'DT_INT32' }, keep_dims: { b: false } },
      },
      { name: 'flat', op: 'Reshape', input: ['mean', 'shape'], attr: { T: FLOAT, Tshape: { type: 'DT_INT32' } } },
      { name: 'y', op: 'Softmax', input: ['flat'], attr: { T: FLOAT } },
    ],
    weights: {
      k: { shape: [3, 3, 3, 3], values: noise(81) },
      b: { shape: [3], values: [0.1, 0.2, 0.3] },
      axes: { shape: [2], values: [1, 2], dtype: 'int32' },
      shape: { shape: [flat.length], values: flat, dtype: 'int32' },
    },
  };
}

async function written({ nodes, weights } = classifier(), more: Partial<ModelManifest> = {}): Promise<ModelManifest> {
  const { modelTopology, weightSpecs, weightData } = graphModel(nodes, weights);
  await writeFile(join(folder, 'weights.bin'), Buffer.from(weightData as ArrayBuffer));
  await writeFile(
    join(folder, 'model.json'),
    JSON.stringify({
      format: 'graph-model',
      modelTopology,
      weightsManifest: [{ paths: ['weights.bin'], weights: weightSpecs }],
    }),
  );
  const { manifest } = await draftManifest(join(folder, 'model.json'));
  return parseManifest({
    ...manifest,
    name: 'three',
    licence: 'MIT',
    normalisation: '0..1',
    decoder: 'softmax',
    outputs: ['y'],
    labels: ['a', 'b', 'c'],
    categories: {},
    ...more,
  });
}

const options = (engine: EngineOptions['engine']): { folder: string; modelsDir: string; engine: EngineOptions } => ({
  folder,
  modelsDir: join(folder, 'models'),
  engine: { engine, device: 'auto', tensorflowDir: DIR ?? '', convertedDir: join(folder, 'models', 'converted') },
});
const image = (seed: number): ModelInput => ({
  rgb: Uint8Array.from(noise(192, seed), (value) => (value + 1) * 127),
  width: 8,
  height: 8,
  placement: { left: 0, top: 0, width: 8, height: 8 },
});

it('drafts a manifest from the files of a graph model, and leaves only unknown fields open', async () => {
  await written();
  const { manifest, outputs } = await draftManifest(folder);
  expect(manifest).toMatchObject({
    name: 'model',
    format: 'tfjs-graph',
    input: { width: 8, height: 8 },
    batch: 1,
    decoder: null,
    labels: null,
  });
  expect(manifest['files']).toEqual([
    { path: 'model.json', sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
    { path: 'weights.bin', sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
  ]);
  expect(outputs).toEqual([]);
  await expect(draftManifest(join(folder, 'weights.bin'))).rejects.toMatchObject({ code: 'not_a_model' });
  await expect(draftManifest(join(folder, 'nowhere'))).rejects.toMatchObject({ code: 'not_a_model' });
});

describe('on the WebAssembly engine', () => {
  it('verifies a graph model and stores it completely; repeating is harmless', async () => {
    const manifest = await written();
    for (let time = 0; time < 2; time += 1)
      expect(await importModel(manifest, options('wasm'))).toMatchObject({
        engine: { name: 'wasm' },
        difference: null,
        manifest,
      });
    expect(JSON.parse(await readFile(join(folder, 'models', 'three', '1', 'manifest.json'), 'utf8'))).toEqual(manifest);
    expect(await readFile(join(folder, 'models', 'three', '1', 'weights.bin'))).toEqual(
      await readFile(join(folder, 'weights.bin')),
    );
  });

  it('stores nothing of a model that is damaged, does not run, or does not match its manifest', async () => {
    const manifest = await written();
    const labels = ['a', 'b'];
    await expect(importModel({ ...manifest, labels }, options('wasm'))).rejects.toMatchObject({
      code: 'model_unsuitable',
      message: expect.stringContaining('[1, 2], but has [1, 3]'),
    });
    await expect(importModel({ ...manifest, outputs: ['z'] }, options('wasm'))).rejects.toMatchObject({
      code: 'model_unsuitable',
    });
    await appendFile(join(folder, 'weights.bin'), 'x');
    await expect(importModel(manifest, options('wasm'))).rejects.toMatchObject({
      code: 'model_corrupt',
      message: expect.stringContaining('weights.bin'),
    });
    await expect(stat(join(folder, 'models', 'three'))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('refuses other files for an existing name and version', async () => {
    await importModel(await written(), options('wasm'));
    const { nodes, weights } = classifier();
    const other = await written({ nodes, weights: { ...weights, b: { shape: [3], values: [1, 2, 3] } } });
    await expect(importModel(other, options('wasm'))).rejects.toMatchObject({ code: 'model_exists' });
  });
});

describeUnless(missingTensorflow(), 'on the native engine', () => {
  it('opens a graph that was made for one image, and verifies that a batch gives the same results', async () => {
    const manifest = await written(classifier(), { batch: 4 });
    const imported = await importModel(manifest, options('tensorflow'));
    expect(imported).toMatchObject({ manifest: { batch: 4, openBatch: true }, difference: expect.any(Number) });
    expect(imported.difference).toBeLessThan(1e-3);
    const { engine } = options('tensorflow');
    const [native, wasm] = await Promise.all([createEngine(engine), createEngine({ ...engine, engine: 'wasm' })]);
    const inputs = [1, 2, 3, 4, 5, 6].map(image);
    const model = await native.load(imported.manifest, join(folder, 'models', 'three', '1'));
    const found = await model.classify(inputs);
    model.dispose();
    // The other engine, one image at a time.
    const same = await wasm.load(imported.manifest, join(folder, 'models', 'three', '1'));
    const expected = await same.classify(inputs);
    same.dispose();
    expect(found.map(([best]) => best!.label)).toEqual(expected.map(([best]) => best!.label));
    found.forEach((labels, index) => expect(labels[0]!.score).toBeCloseTo(expected[index]![0]!.score, 4));
  });

  it('continues with one image at a time where a 1 in the graph has another meaning', async () => {
    // [1, 3] → [1, 1, 3] → … : opening the first 1 would merge it with the batch.
    const { nodes, weights } = classifier([1, 1, 3]);
    const sum: NodeJson[] = [
      {
        name: 'sum',
        op: 'Sum',
        input: ['flat', 'first'],
        attr: { T: FLOAT, Tidx: { type: 'DT_INT32' }, keep_dims: { b: false } },
      },
      { name: 'y', op: 'Softmax', input: ['sum'], attr: { T: FLOAT } },
    ];
    const broken = {
      nodes: [...nodes.slice(0, -1), ...sum],
      weights: { ...weights, first: { shape: [1], values: [0], dtype: 'int32' as const } },
    };
    const imported = await importModel(await written(broken, { batch: 4 }), options('tensorflow'));
    expect(imported.manifest).toMatchObject({ batch: 1, openBatch: false });
  });
});
