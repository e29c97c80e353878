import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import '@tensorflow/tfjs-backend-cpu';
import { layers, sequential, type Sequential } from '@tensorflow/tfjs-layers';
import { setBackend, tensor2d, tensor4d, train } from '@tensorflow/tfjs-core';
import { KIND_NAMES, randomNumbers, tintedCrop } from './tinted-cats';

const SIDE = 16;
const CROPS = 64;
const EPOCHS = 10;

/**
 * Trains a small network on crops of the two kinds and writes it as a TensorFlow.js graph model with its manifest into `folder`, as a user
 * would bring it. Takes a few seconds.
 */
export async function trainClassifier(folder: string): Promise<void> {
  await setBackend('cpu');
  const network = sequential({
    layers: [
      layers.conv2d({ inputShape: [SIDE, SIDE, 3], filters: 6, kernelSize: 3, strides: 2, padding: 'same', activation: 'relu', name: 'conv' }),
      layers.globalAveragePooling2d({}),
      layers.dense({ units: KIND_NAMES.length, activation: 'softmax', name: 'dense' }),
    ],
  });
  network.compile({ optimizer: train.adam(0.02), loss: 'categoricalCrossentropy' });
  const random = randomNumbers(11);
  const pixels: number[] = [];
  const answers: number[][] = [];
  for (let n = 0; n < CROPS; n += 1) {
    const kind = n % KIND_NAMES.length;
    pixels.push(...(await tintedCrop(KIND_NAMES[kind]!, SIDE, random)));
    answers.push(KIND_NAMES.map((_, index) => (index === kind ? 1 : 0)));
  }
  const [x, y] = [tensor4d(pixels.map((value) => value / 255), [CROPS, SIDE, SIDE, 3]), tensor2d(answers)];
  await network.fit(x, y, { epochs: EPOCHS, batchSize: 16, shuffle: true, verbose: 0 });
  writeGraphModel(network, folder);
  for (const each of [x, y]) each.dispose();
  network.dispose();
}

/** The same network as a graph of TensorFlow's operations. */
function writeGraphModel(network: Sequential, folder: string): void {
  const [kernel, bias] = network.getLayer('conv').getWeights();
  const [dense, offset] = network.getLayer('dense').getWeights();
  const weights = [
    ...Object.entries({ kernel, bias, dense, offset }).map(([name, tensor]) => ({ name, shape: tensor!.shape, dtype: 'float32', bytes: Buffer.from(Float32Array.from(tensor!.dataSync()).buffer) })),
    { name: 'axes', shape: [2], dtype: 'int32', bytes: Buffer.from(Int32Array.of(1, 2).buffer) },
  ];
  const float = { type: 'DT_FLOAT' };
  const text = (value: string) => ({ s: Buffer.from(value).toString('base64') });
  const ints = (...values: number[]) => ({ list: { i: values.map(String) } });
  const shape = { shape: { dim: [1, SIDE, SIDE, 3].map((size) => ({ size: String(size) })) } };
  const conv = { T: float, strides: ints(1, 2, 2, 1), dilations: ints(1, 1, 1, 1), padding: text('SAME'), data_format: text('NHWC'), explicit_paddings: { list: {} } };
  const node = [
    ...weights.map(({ name, dtype }) => ({ name, op: 'Const', attr: { dtype: { type: dtype === 'int32' ? 'DT_INT32' : 'DT_FLOAT' }, value: { tensor: {} } } })),
    { name: 'x', op: 'Placeholder', attr: { dtype: float, shape } },
    { name: 'conv', op: '_FusedConv2D', input: ['x', 'kernel', 'bias'], attr: { ...conv, num_args: { i: 1 }, fused_ops: { list: { s: ['BiasAdd', 'Relu'].map((step) => text(step).s) } } } },
    { name: 'pool', op: 'Mean', input: ['conv', 'axes'], attr: { T: float, Tidx: { type: 'DT_INT32' }, keep_dims: { b: false } } },
    { name: 'logits', op: '_FusedMatMul', input: ['pool', 'dense', 'offset'], attr: { T: float, transpose_a: { b: false }, transpose_b: { b: false }, num_args: { i: 1 }, fused_ops: { list: { s: [text('BiasAdd').s] } } } },
    { name: 'y', op: 'Softmax', input: ['logits'], attr: { T: float } },
  ];
  const model = { format: 'graph-model', modelTopology: { node, versions: {} }, weightsManifest: [{ paths: ['weights.bin'], weights: weights.map(({ name, shape: sizes, dtype }) => ({ name, shape: sizes, dtype })) }] };
  mkdirSync(folder, { recursive: true });
  const files = { 'model.json': Buffer.from(JSON.stringify(model)), 'weights.bin': Buffer.concat(weights.map(({ bytes }) => bytes)) };
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  const manifest = {
    name: 'cat-kinds',
    version: '1',
    licence: 'MIT',
    format: 'tfjs-graph',
    files: Object.entries(files).map(([path, content]) => ({ path, sha256: createHash('sha256').update(content).digest('hex') })),
    input: { width: SIDE, height: SIDE },
    resize: 'stretch',
    normalisation: '0..1',
    decoder: 'softmax',
    outputs: ['y'],
    labels: KIND_NAMES,
    categories: {},
    storeThreshold: 0.05,
    threshold: 0.5,
    batch: 4,
  };
  writeFileSync(join(folder, 'manifest.json'), JSON.stringify(manifest, null, 2));
}
