import '@tensorflow/tfjs-backend-cpu';
import { setBackend, tensor2d, tidy, type Tensor } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { Detection, Placement } from '@pugmark/domain';
import type { DetectionDecoder, OutputTensor } from './decoder';
import { manifest, output, STRETCHED, TALL, WIDE } from './decoders.fixture';
import { YOLOV5 } from './yolov5';
import { YOLOV8 } from './yolov8';

beforeAll(() => setBackend('cpu'));

/** Centre x and y, width, height, then the score of each of the four labels. */
type Row = readonly [x: number, y: number, width: number, height: number, ...scores: [number, number, number, number]];
interface Head {
  readonly name: string;
  readonly decoder: DetectionDecoder;
  outputs(pictures: readonly (readonly Row[])[]): OutputTensor[];
}

const rowsFirst = (pictures: readonly (readonly Row[])[], row: (row: Row) => number[]) => [
  output([pictures.length, pictures[0]!.length, row(pictures[0]![0]!).length], pictures.flatMap((picture) => picture.flatMap(row))),
];

const HEADS: readonly Head[] = [
  {
    name: 'yolov5',
    decoder: YOLOV5,
    // Objectness and scores of which the product is the wanted one.
    outputs: (pictures) => rowsFirst(pictures, ([x, y, w, h, ...scores]) => [x, y, w, h, Math.max(...scores), ...scores.map((score) => score / (Math.max(...scores) || 1))]),
  },
  {
    name: 'yolov8',
    decoder: YOLOV8,
    outputs: (pictures) => {
      const rows = pictures[0]!.length;
      return [output([pictures.length, 8, rows], pictures.flatMap((picture) => Array.from({ length: 8 * rows }, (_, n) => picture[n % rows]![Math.floor(n / rows)]!)))];
    },
  },
  { name: 'yolov8, rows first', decoder: YOLOV8, outputs: (pictures) => rowsFirst(pictures, (row) => [...row]) },
];

describe.each(HEADS)('$name', ({ name, decoder, outputs }) => {
  const own = manifest(name.startsWith('yolov5') ? 'yolov5' : 'yolov8');
  const decode = (pictures: readonly (readonly Row[])[], placements: readonly Placement[]): Detection[][] => decoder.decode(outputs(pictures), placements, own);
  /** Keeps the answer in pixels, whatever else is in it; under every threshold. */
  const FAR: Row = [300, 300, 600, 600, 0, 0, 0, 0];

  it('reads boxes by centre and size in pixels, exactly', () => {
    expect(decode([[[320, 320, 320, 160, 0.5, 0.25, 0, 0], FAR]], [WIDE])).toEqual([
      [{ category: 'animal', label: 'animal', confidence: 0.5, box: { x: 0.25, y: 0.25, width: 0.5, height: 0.5 } }],
    ]);
  });

  it('reads them in fractions of the input just as well', () => {
    expect(decode([[[0.5, 0.5, 0.5, 0.25, 0.5, 0.25, 0, 0]]], [WIDE])[0]![0]!.box).toEqual({ x: 0.25, y: 0.25, width: 0.5, height: 0.5 });
  });

  it('places each picture of a batch by itself', () => {
    const row: Row = [320, 320, 320, 320, 0, 0, 0.5, 0];
    expect(decode([[row], [row], [row]], [WIDE, TALL, STRETCHED]).map((each) => each[0]!.box)).toEqual([
      { x: 0.25, y: 0, width: 0.5, height: 1 },
      { x: 0, y: 0.25, width: 1, height: 0.5 },
      { x: 0.25, y: 0.25, width: 0.5, height: 0.5 },
    ]);
  });

  it('leaves out what is unsure or dropped, and suppresses within a label only', () => {
    const found = decode(
      [[[320, 320, 100, 100, 0.5, 0, 0, 0], [322, 320, 100, 100, 0.75, 0, 0, 0], [320, 320, 100, 100, 0, 0.25, 0, 0], [100, 300, 50, 50, 0.0625, 0, 0, 0], [500, 300, 50, 50, 0, 0, 0, 1]]],
      [WIDE],
    );
    expect(found[0]!.map(({ label, confidence }) => [label, confidence])).toEqual([['animal', 0.75], ['person', 0.25]]);
  });

  it('says which shape it wants and which it got', () => {
    expect(() => decoder.decode([output([1, 3, 7], new Array<number>(21).fill(0))], [WIDE], own)).toThrow(/the output of rows .* but has \[1, 3, 7\]: the model does not fit its manifest/);
    expect(() => decoder.decode([], [WIDE], own)).toThrow('is missing');
  });
});

/**
 * A graph with a known answer: finds the one white rectangle on black, [height, width] → centre x, centre y, width, height in pixels, each
 * pixel taken as a square of side 1.
 */
function rectangleGraph(picture: Tensor): { x: Tensor; y: Tensor; width: Tensor; height: Tensor } {
  const side = (line: Tensor) => {
    const first = tf.argMax(line);
    const past = tf.sub(line.size, tf.argMax(tf.reverse(line)));
    return { first: tf.cast(first, 'float32'), past: tf.cast(past, 'float32') };
  };
  const [columns, rows] = [side(tf.max(picture, 0)), side(tf.max(picture, 1))];
  const middle = ({ first, past }: { first: Tensor; past: Tensor }) => tf.div(tf.add(first, past), 2);
  return { x: middle(columns), y: middle(rows), width: tf.sub(columns.past, columns.first), height: tf.sub(rows.past, rows.first) };
}

it.each([
  [64, 96, 128, 32, STRETCHED],
  [0, 160, 640, 320, WIDE],
  [161, 3, 17, 630, TALL],
  [333, 200, 1, 1, STRETCHED],
])('a graph that finds the rectangle at %d, %d of %d × %d is read to the pixel, by every head', (left, top, width, height, placement) => {
  const picture = tensor2d(
    Float32Array.from({ length: 640 * 640 }, (_, n) => (n % 640 >= left && n % 640 < left + width && n >= top * 640 && n < (top + height) * 640 ? 1 : 0)),
    [640, 640],
  );
  const [v5, v8] = tidy(() => {
    const { x, y, width: w, height: h } = rectangleGraph(picture);
    const scores = [1, 0, 0, 0].map((score) => tf.scalar(score));
    const fractions = [x, y, w, h].map((value) => tf.div(value, 640));
    return [
      tf.reshape(tf.stack([...fractions, tf.scalar(1), ...scores]), [1, 1, 9]),
      tf.reshape(tf.stack([x, y, w, h, ...scores]), [1, 8, 1]),
    ].map((answer) => ({ shape: answer.shape, values: answer.dataSync() as Float32Array }));
  });
  picture.dispose();
  for (const [decoder, answer, kind] of [[YOLOV5, v5!, 'yolov5'], [YOLOV8, v8!, 'yolov8']] as const) {
    // One box of one pixel is small enough to look like a fraction: another, unsure one says that these are pixels.
    const padded = kind === 'yolov8' ? { shape: [1, 8, 2], values: Float32Array.from([...answer.values].flatMap((value, n) => [value, n < 4 ? 300 : 0])) } : answer;
    const [found] = decoder.decode([padded], [placement], manifest(kind));
    const { x, y, width: w, height: h } = found![0]!.box;
    const inInput = [x * placement.width + placement.left, y * placement.height + placement.top, w * placement.width, h * placement.height];
    [left, top, width, height].forEach((wanted, index) => expect(inInput[index]).toBeCloseTo(wanted, 2));
  }
});
