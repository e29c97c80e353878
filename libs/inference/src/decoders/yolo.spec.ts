import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import type { Detection, Placement } from '@pugmark/domain';
import type { DetectionDecoder, OutputTensor } from './decoder';
import { manifest, output, STRETCHED, TALL, WIDE } from './decoders.fixture';
import { answerOf, inInput, RECTANGLES } from './rectangle-graph.fixture';
import { YOLOV5 } from './yolov5';
import { YOLOV8 } from './yolov8';

beforeAll(() => tf.setBackend('cpu'));

/** Centre x and y, width, height, then the score of each of the four labels. */
type Row = readonly [x: number, y: number, width: number, height: number, ...scores: [number, number, number, number]];
interface Head {
  readonly name: string;
  readonly decoder: DetectionDecoder;
  outputs(images: readonly (readonly Row[])[]): OutputTensor[];
}

const rowsFirst = (images: readonly (readonly Row[])[], row: (row: Row) => number[]) => [
  output(
    [images.length, images[0]!.length, row(images[0]![0]!).length],
    images.flatMap((image) => image.flatMap(row)),
  ),
];

const HEADS: readonly Head[] = [
  {
    name: 'yolov5',
    decoder: YOLOV5,
    // Objectness and scores whose product is the given one.
    outputs: (images) =>
      rowsFirst(images, ([x, y, w, h, ...scores]) => [
        x,
        y,
        w,
        h,
        Math.max(...scores),
        ...scores.map((score) => score / (Math.max(...scores) || 1)),
      ]),
  },
  {
    name: 'yolov8',
    decoder: YOLOV8,
    outputs: (images) => {
      const rows = images[0]!.length;
      return [
        output(
          [images.length, 8, rows],
          images.flatMap((image) =>
            Array.from({ length: 8 * rows }, (_, n) => image[n % rows]![Math.floor(n / rows)]!),
          ),
        ),
      ];
    },
  },
  { name: 'yolov8, rows first', decoder: YOLOV8, outputs: (images) => rowsFirst(images, (row) => [...row]) },
];

describe.each(HEADS)('$name', ({ name, decoder, outputs }) => {
  const own = manifest(name.startsWith('yolov5') ? 'yolov5' : 'yolov8');
  const decode = (images: readonly (readonly Row[])[], placements: readonly Placement[]): Detection[][] =>
    decoder.decode(outputs(images), placements, own);
  /** Gives the output the range of pixels, whatever else is in it; below every threshold. */
  const FAR: Row = [300, 300, 600, 600, 0, 0, 0, 0];

  it('decodes centre and size in pixels exactly', () => {
    expect(decode([[[320, 320, 320, 160, 0.5, 0.25, 0, 0], FAR]], [WIDE])).toEqual([
      [{ category: 'animal', label: 'animal', confidence: 0.5, box: { x: 0.25, y: 0.25, width: 0.5, height: 0.5 } }],
    ]);
  });

  it('decodes fractions as well', () => {
    expect(decode([[[0.5, 0.5, 0.5, 0.25, 0.5, 0.25, 0, 0]]], [WIDE])[0]![0]!.box).toEqual({
      x: 0.25,
      y: 0.25,
      width: 0.5,
      height: 0.5,
    });
  });

  it('places each image of a batch separately', () => {
    const row: Row = [320, 320, 320, 320, 0, 0, 0.5, 0];
    expect(decode([[row], [row], [row]], [WIDE, TALL, STRETCHED]).map((each) => each[0]!.box)).toEqual([
      { x: 0.25, y: 0, width: 0.5, height: 1 },
      { x: 0, y: 0.25, width: 1, height: 0.5 },
      { x: 0.25, y: 0.25, width: 0.5, height: 0.5 },
    ]);
  });

  it('drops low scores and dropped labels, and suppresses only within a label', () => {
    const found = decode(
      [
        [
          [320, 320, 100, 100, 0.5, 0, 0, 0],
          [322, 320, 100, 100, 0.75, 0, 0, 0],
          [320, 320, 100, 100, 0, 0.25, 0, 0],
          [100, 300, 50, 50, 0.0625, 0, 0, 0],
          [500, 300, 50, 50, 0, 0, 0, 1],
        ],
      ],
      [WIDE],
    );
    expect(found[0]!.map(({ label, confidence }) => [label, confidence])).toEqual([
      ['animal', 0.75],
      ['person', 0.25],
    ]);
  });

  it('reports which output does not fit, with the expected and the actual shape', () => {
    const three = output([1, 3, 7], new Array<number>(21).fill(0));
    expect(() => decoder.decode([three], [WIDE], own)).toThrow(RangeError);
    expect(() => decoder.decode([three], [WIDE], own)).toThrow(
      /'output_0' of rows .* but has \[1, 3, 7\]: the model does not match its manifest/,
    );
    expect(() => decoder.decode([three], [WIDE], { ...own, outputs: ['Identity:0'] })).toThrow("'Identity:0'");
    expect(() => decoder.decode([], [WIDE], own)).toThrow('is missing');
    expect(() => decoder.decode(outputs([[FAR]]), [WIDE, WIDE], own)).toThrow('but has [1, ');
  });

  it('clips to the image, and drops boxes in the padding', () => {
    const found = decode(
      [
        [
          [100, 160, 400, 80, 0.5, 0, 0, 0],
          [320, 60, 100, 100, 0.75, 0, 0, 0],
          [320, 320, 2_000, 2_000, 0, 0.25, 0, 0],
        ],
      ],
      [WIDE],
    );
    expect(found[0]!.map(({ box }) => box)).toEqual([
      { x: 0, y: 0, width: 300 / 640, height: 40 / 320 },
      { x: 0, y: 0, width: 1, height: 1 },
    ]);
  });

  it('detects fractions although a box with a low score is much larger than the input', () => {
    const found = decode(
      [
        [
          [0.5, 0.5, 0.5, 0.25, 0.5, 0, 0, 0],
          [0.5, 0.5, 2.9, 5.8, 0.0625, 0, 0, 0],
        ],
      ],
      [WIDE],
    );
    expect(found[0]!.map(({ box }) => box)).toEqual([{ x: 0.25, y: 0.25, width: 0.5, height: 0.5 }]);
  });

  it('decides between pixels and fractions for the whole batch', () => {
    const small: Row = [1, 161, 2, 2, 0.5, 0, 0, 0];
    const corner: Row = [1, 1, 2, 2, 0.5, 0, 0, 0];
    expect(decode([[small], [corner]], [WIDE, STRETCHED]).map((each) => each[0]!.box)).toEqual([
      { x: 0, y: 0, width: 2 / 640, height: 2 / 320 },
      { x: 0, y: 0, width: 2 / 640, height: 2 / 640 },
    ]);
  });

  it('scales fractions by width and height of an input that is not square', () => {
    const oblong = { ...own, input: { width: 640, height: 320 } };
    const row: Row = [0.5, 0.5, 0.25, 0.5, 0.5, 0, 0, 0];
    expect(
      decoder.decode(outputs([[row]]), [{ left: 0, top: 0, width: 640, height: 320 }], oblong)[0]![0]!.box,
    ).toEqual({ x: 0.375, y: 0.25, width: 0.25, height: 0.5 });
  });

  it('suppresses before clipping: two boxes that differ only in the padding are two', () => {
    const rows: Row[] = [
      [320, 320, 100, 640, 0.5, 0, 0, 0],
      [320, 320, 100, 280, 0.25, 0, 0, 0],
    ];
    expect(decode([rows], [{ left: 0, top: 200, width: 640, height: 240 }])[0]!.map(({ box }) => box)).toEqual(
      new Array(2).fill({ x: 270 / 640, y: 0, width: 100 / 640, height: 1 }),
    );
  });

  it('suppresses above the overlap of the head', () => {
    // Two boxes of 100 × 100, the second 25 to the right: 75 / 125 = 0.6 in common.
    const rows: Row[] = [
      [300, 320, 100, 100, 0.5, 0, 0, 0],
      [325, 320, 100, 100, 0.25, 0, 0, 0],
    ];
    expect(decode([rows], [WIDE])[0]).toHaveLength(name.startsWith('yolov5') ? 1 : 2);
    // 60 / 140 = 0.43 and 90 / 110 = 0.82.
    expect(decode([[rows[0]!, [340, 320, 100, 100, 0.25, 0, 0, 0]]], [WIDE])[0]).toHaveLength(2);
    expect(decode([[rows[0]!, [310, 320, 100, 100, 0.25, 0, 0, 0]]], [WIDE])[0]).toHaveLength(1);
  });

  it('returns at most three hundred boxes, by score', () => {
    const rows = Array.from({ length: 400 }, (_, n): Row => [
      (n % 20) * 30 + 15,
      Math.floor(n / 20) * 30 + 15,
      10,
      10,
      (n + 100) / 512,
      0,
      0,
      0,
    ]);
    const found = decode([rows], [STRETCHED])[0]!;
    expect(found.map(({ confidence }) => confidence)).toEqual(Array.from({ length: 300 }, (_, n) => (499 - n) / 512));
  });
});

it('yolov5 multiplies objectness and score, and takes only the best label of a row', () => {
  const rows = [300, 300, 50, 50, 0.5, 0.5, 0.75, 0, 0, 400, 300, 50, 50, 0.125, 0.75, 0, 0, 0];
  expect(
    YOLOV5.decode([output([1, 2, 9], rows)], [STRETCHED], manifest('yolov5'))[0]!.map(({ label, confidence }) => [
      label,
      confidence,
    ]),
  ).toEqual([['person', 0.375]]);
});

it('yolov8 treats an output with both dimensions 4 + labels as columns first', () => {
  const columns = [[100, 200, 300, 400, 500, 600, 50, 150], 320, 20, 20, 0, [0.5, 0, 0, 0, 0, 0, 0, 0], 0, 0];
  const values = columns.flatMap((column) => (typeof column === 'number' ? new Array<number>(8).fill(column) : column));
  const [found] = YOLOV8.decode([output([1, 8, 8], values)], [STRETCHED], manifest('yolov8'));
  expect(found!.map(({ label, box }) => [label, box.x * 640])).toEqual([['person', 90]]);
});

it.each(RECTANGLES)(
  'a graph that detects the rectangle at %d, %d of %d × %d is decoded to the pixel, by every head',
  (left, top, width, height, placement) => {
    const [v5, v8] = answerOf(left, top, width, height, ({ x, y, width: w, height: h }) => {
      const scores = [1, 0, 0, 0].map((score) => tf.scalar(score));
      const fractions = [x, y, w, h].map((value) => tf.div(value, 640));
      return [
        tf.reshape(tf.stack([...fractions, tf.scalar(1), ...scores]), [1, 1, 9]),
        tf.reshape(tf.stack([x, y, w, h, ...scores]), [1, 8, 1]),
      ];
    });
    for (const [decoder, answer, kind] of [
      [YOLOV5, v5!, 'yolov5'],
      [YOLOV8, v8!, 'yolov8'],
    ] as const) {
      const [found] = decoder.decode([answer], [placement], manifest(kind));
      expect(inInput(found![0]!.box, placement)).toEqual(
        [left, top, width, height].map((pixels) => expect.closeTo(pixels, 2)),
      );
    }
  },
);
