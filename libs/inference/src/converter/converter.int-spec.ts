import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { loadGraphModel } from '@tensorflow/tfjs-converter';
import { tensor, type io, type Tensor } from '@tensorflow/tfjs-core';
import type { NodeJSKernelBackend } from '@tensorflow/tfjs-node-gpu/dist/nodejs_kernel_backend';
import { configureImages, decodeForModel } from '@pugmark/images';
import { describeUnless, missingTensorflow, testTensorflowDir } from '@pugmark/testing';
import { readTensorflowState } from '../engines/tensorflow/installed-tensorflow';
import { nativeBackend } from '../engines/tensorflow/native-backend';
import { BUILTIN_MODEL, builtinModelFolder } from '../models/builtin-model';
import { readGraphModel } from '../models/model-files';
import { normalisedPixels } from '../models/normalised-pixels';
import { FLOAT, graphModel, ints, noise, placeholder, text, texts, type FixtureWeight } from './graph-model.fixture';
import type { AttrJson, NodeJson } from './graph-json';
import { graphModelToSavedModel } from './graph-model-to-saved-model';
import { readSignature } from './read-signature';

const DIR = testTensorflowDir();
const CAT = join(dirname(require.resolve('cat-picture')), 'cat.jpg');
/** Maximum difference between the two computations; relative for values above 1, such as pixels. */
const TOLERANCE = 1e-3;

describeUnless(missingTensorflow(), 'a converted graph model', () => {
  let backend: NodeJSKernelBackend;
  let folder: string;

  beforeAll(async () => {
    const state = readTensorflowState(DIR!);
    if (!state.installed) throw new Error(state.problem);
    ({ backend } = await nativeBackend(join(DIR!, state.folder)));
    folder = await mkdtemp(join(tmpdir(), 'pugmark-converter-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  /** Result of TensorFlow.js, one operation after the other. */
  async function opByOp(
    artifacts: io.ModelArtifacts,
    values: Float32Array,
    shape: number[],
    output: string,
  ): Promise<number[]> {
    const model = await loadGraphModel({ load: async () => artifacts });
    const input = tensor(values, shape, 'float32');
    const found = model.execute(input, output) as Tensor;
    const result = [...found.dataSync()];
    for (const each of [input, found]) each.dispose();
    model.dispose();
    return result;
  }

  /** Result of TensorFlow for the converted model. */
  async function asGraph(
    artifacts: io.ModelArtifacts,
    values: Float32Array,
    shape: number[],
    output: string,
    openBatch = false,
  ): Promise<number[]> {
    const own = join(folder, `${Math.random()}`);
    await mkdir(own);
    await writeFile(join(own, 'saved_model.pb'), graphModelToSavedModel(artifacts, { openBatch }));
    const signature = await readSignature(join(own, 'saved_model.pb'));
    const session = backend.loadSavedModelMetaGraph(own, 'serve');
    const input = tensor(values, shape, 'float32');
    try {
      const [found] = backend.runSavedModel(session, [input], [...signature.inputs], [`${output}:0`]);
      const result = [...found!.dataSync()];
      found!.dispose();
      return result;
    } finally {
      input.dispose();
      backend.deleteSavedModel(session);
    }
  }

  function expectNear(found: readonly number[], expected: readonly number[], tolerance = TOLERANCE): void {
    expect(found).toHaveLength(expected.length);
    const worst = found.reduce(
      (largest, value, index) =>
        Math.max(largest, Math.abs(value - expected[index]!) / Math.max(1, Math.abs(expected[index]!))),
      0,
    );
    expect(worst).toBeLessThanOrEqual(tolerance);
  }

  it('of the built-in model gives the same result on photos as op by op', async () => {
    configureImages();
    const artifacts = await readGraphModel(BUILTIN_MODEL, builtinModelFolder());
    for (const resize of ['letterbox', 'stretch'] as const) {
      const image = await decodeForModel(CAT, { ...BUILTIN_MODEL.input, resize, pixelLimit: 10_000_000 });
      const pixels = normalisedPixels([image], BUILTIN_MODEL);
      for (const output of ['tower_0/wh', 'tower_0/keypoints', 'tower_0/detections']) {
        const expected = await opByOp(artifacts, pixels, [1, 512, 512, 3], output);
        expect(expected.some((value) => value !== 0)).toBe(true);
        expectNear(await asGraph(artifacts, pixels, [1, 512, 512, 3], output), expected);
      }
    }
  });

  const X = Float32Array.from(noise(2 * 6 * 6 * 3, 7), (value) => value * 4);
  const CONV: Readonly<Record<string, AttrJson>> = {
    T: FLOAT,
    strides: ints(1, 1, 1, 1),
    dilations: ints(1, 1, 1, 1),
    padding: text('SAME'),
    data_format: text('NHWC'),
    explicit_paddings: { list: {} },
  };
  const BIAS: FixtureWeight = { shape: [4], values: [0.5, -0.5, 0.1, -2] };
  const fused = (
    op: string,
    steps: readonly string[],
    inputs: readonly string[],
    more: Readonly<Record<string, AttrJson>> = {},
  ): NodeJson => ({
    name: 'y',
    op,
    input: ['x', ...inputs],
    attr: {
      ...(op === '_FusedMatMul' ? { T: FLOAT, transpose_a: { b: false }, transpose_b: { b: false } } : CONV),
      num_args: { i: inputs.length - 1 },
      fused_ops: texts(...steps),
      ...more,
    },
  });

  it.each([
    ['_FusedConv2D', ['BiasAdd']],
    ['_FusedConv2D', ['BiasAdd', 'Relu']],
    ['_FusedConv2D', ['BiasAdd', 'Relu6']],
    ['_FusedConv2D', ['BiasAdd', 'Elu']],
    ['_FusedConv2D', ['BiasAdd', 'Sigmoid']],
    ['_FusedConv2D', ['BiasAdd', 'LeakyRelu']],
    ['_FusedConv2D', ['BiasAdd', 'Prelu']],
    ['FusedDepthwiseConv2dNative', ['BiasAdd', 'Relu6']],
    ['_FusedMatMul', ['BiasAdd', 'Relu']],
  ])('of %s with %j gives the same result', async (op, steps) => {
    const kernel: FixtureWeight =
      op === '_FusedMatMul'
        ? { shape: [3, 4], values: noise(12) }
        : op === '_FusedConv2D'
          ? { shape: [3, 3, 3, 4], values: noise(108) }
          : { shape: [3, 3, 3, 1], values: noise(27) };
    const bias = op === 'FusedDepthwiseConv2dNative' ? { shape: [3], values: [0.5, -0.5, 2] } : BIAS;
    const prelu = steps.includes('Prelu');
    const node = fused(op, steps, ['k', 'b', ...(prelu ? ['alpha'] : [])], { leakyrelu_alpha: { f: 0.3 } });
    const shape = op === '_FusedMatMul' ? [72, 3] : [2, 6, 6, 3];
    const artifacts = graphModel([placeholder(...shape), node], {
      k: kernel,
      b: bias,
      ...(prelu ? { alpha: { shape: [4], values: [0.1, 0.2, -0.5, 1] } } : {}),
    });
    expectNear(await asGraph(artifacts, X, shape, 'y'), await opByOp(artifacts, X, shape, 'y'));
  });

  it.each(['uint8', 'uint16', 'float16'] as const)(
    'has the weights of TensorFlow.js, quantised as %s',
    async (quantised) => {
      const artifacts = graphModel(
        [placeholder(2, 6, 6, 3), { name: 'y', op: 'Conv2D', input: ['x', 'k'], attr: CONV }],
        { k: { shape: [3, 3, 3, 4], values: noise(108, 3), quantised } },
      );
      expectNear(await asGraph(artifacts, X, [2, 6, 6, 3], 'y'), await opByOp(artifacts, X, [2, 6, 6, 3], 'y'));
    },
  );

  it('gives constants the type of the graph, whatever type TensorFlow.js uses', async () => {
    const nodes: NodeJson[] = [
      placeholder(2, 6, 6, 3),
      // TensorFlow.js has no int64: the values are stored as int32, and the node gives the type for TensorFlow.
      { name: 'wide', op: 'Const', attr: { dtype: { type: 'DT_INT64' }, value: { tensor: {} } } },
      { name: 'y', op: 'Reshape', input: ['x', 'wide'], attr: { T: FLOAT, Tshape: { type: 'DT_INT64' } } },
    ];
    const { modelTopology, ...rest } = graphModel(nodes, { wide: { shape: [2], values: [4, 54], dtype: 'int32' } });
    const own = (modelTopology as { node: NodeJson[] }).node.filter(({ attr }) => attr?.['dtype']?.type !== 'DT_INT32');
    expectNear(await asGraph({ ...rest, modelTopology: { node: own } }, X, [2, 6, 6, 3], 'y'), [...X]);
  });

  it('accepts any batch where the graph was made for one image', async () => {
    const nodes: NodeJson[] = [
      placeholder(1, 6, 6, 3),
      { name: 'c', op: 'Conv2D', input: ['x', 'k'], attr: CONV },
      { name: 'y', op: 'Reshape', input: ['c', 'flat'], attr: { T: FLOAT, Tshape: { type: 'DT_INT32' } } },
    ];
    const artifacts = graphModel(nodes, {
      k: { shape: [3, 3, 3, 4], values: noise(108) },
      flat: { shape: [2], values: [1, 144], dtype: 'int32' },
    });
    const one = async (at: number) => opByOp(artifacts, X.slice(at * 108, (at + 1) * 108), [1, 6, 6, 3], 'y');
    expectNear(await asGraph(artifacts, X, [2, 6, 6, 3], 'y', true), [...(await one(0)), ...(await one(1))]);
    await expect(asGraph(artifacts, X, [2, 6, 6, 3], 'y', false)).rejects.toThrow('Input to reshape');
  });
});

describe('unsupported features', () => {
  const convert = (nodes: readonly NodeJson[], more: object = {}) => {
    const artifacts = graphModel(nodes, {});
    return () =>
      graphModelToSavedModel(
        { ...artifacts, modelTopology: { ...(artifacts.modelTopology as object), ...more } },
        { openBatch: false },
      );
  };

  it('are named, with what to do instead', () => {
    expect(convert([{ name: 'y', op: '_FusedConv2D', input: ['x', 'k'], attr: { fused_ops: texts('Gelu') } }])).toThrow(
      /node y fuses _FusedConv2D with 'Gelu'.*SavedModel instead/,
    );
    expect(convert([placeholder(1)], { library: { function: [{}] } })).toThrow(/functions.*SavedModel instead/);
    expect(convert([{ name: 'c', op: 'Const', attr: { dtype: FLOAT } }])).toThrow('the constant c has no value');
    expect(convert([{ name: 'y', op: 'Nothing', attr: { T: { type: 'DT_MADE_UP' } } }])).toThrow(
      "unknown type 'DT_MADE_UP'",
    );
    expect(() => graphModelToSavedModel({}, { openBatch: false })).toThrow('not a TensorFlow.js graph model');
  });
});
