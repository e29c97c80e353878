import '@tensorflow/tfjs-backend-cpu';
import { layers, sequential, type Sequential } from '@tensorflow/tfjs-layers';
import { setBackend, tensor2d, tensor4d, train } from '@tensorflow/tfjs-core';
import { FLOAT, ints, placeholder, text, texts, writeGraphModel } from './graph-model';
import { KIND_NAMES, randomNumbers, tintedCrop } from './tinted-cats';

const SIDE = 16;
const CROPS = 64;
const EPOCHS = 10;

/**
 * Trains a small network on crops of the two kinds and writes it as a TensorFlow.js graph model with its manifest into
 * `folder`, as a user would provide it. Takes a few seconds.
 */
export async function trainClassifier(folder: string): Promise<void> {
  await setBackend('cpu');
  const network = sequential({
    layers: [
      layers.conv2d({
        inputShape: [SIDE, SIDE, 3],
        filters: 6,
        kernelSize: 3,
        strides: 2,
        padding: 'same',
        activation: 'relu',
        name: 'conv',
      }),
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
  const [x, y] = [
    tensor4d(
      pixels.map((value) => value / 255),
      [CROPS, SIDE, SIDE, 3],
    ),
    tensor2d(answers),
  ];
  await network.fit(x, y, { epochs: EPOCHS, batchSize: 16, shuffle: true, verbose: 0 });
  writeNetwork(network, folder);
  for (const each of [x, y]) each.dispose();
  network.dispose();
}

/** Writes the network as a graph of TensorFlow operations. */
function writeNetwork(network: Sequential, folder: string): void {
  const [kernel, bias] = network.getLayer('conv').getWeights();
  const [dense, offset] = network.getLayer('dense').getWeights();
  const weights = Object.entries({ kernel, bias, dense, offset }).map(([name, tensor]) => ({
    name,
    shape: tensor!.shape,
    values: Float32Array.from(tensor!.dataSync()),
  }));
  const conv = {
    T: FLOAT,
    strides: ints(1, 2, 2, 1),
    dilations: ints(1, 1, 1, 1),
    padding: text('SAME'),
    data_format: text('NHWC'),
    explicit_paddings: { list: {} },
  };
  const matMul = { T: FLOAT, transpose_a: { b: false }, transpose_b: { b: false } };
  writeGraphModel(folder, {
    weights: [...weights, { name: 'axes', shape: [2], values: Int32Array.of(1, 2) }],
    nodes: [
      placeholder('x', 1, SIDE, SIDE, 3),
      {
        name: 'conv',
        op: '_FusedConv2D',
        input: ['x', 'kernel', 'bias'],
        attr: { ...conv, num_args: { i: 1 }, fused_ops: texts('BiasAdd', 'Relu') },
      },
      {
        name: 'pool',
        op: 'Mean',
        input: ['conv', 'axes'],
        attr: { T: FLOAT, Tidx: { type: 'DT_INT32' }, keep_dims: { b: false } },
      },
      {
        name: 'logits',
        op: '_FusedMatMul',
        input: ['pool', 'dense', 'offset'],
        attr: { ...matMul, num_args: { i: 1 }, fused_ops: texts('BiasAdd') },
      },
      { name: 'y', op: 'Softmax', input: ['logits'], attr: { T: FLOAT } },
    ],
    manifest: {
      name: 'cat-kinds',
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
    },
  });
}
