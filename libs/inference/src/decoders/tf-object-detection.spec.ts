import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { manifest, output, STRETCHED, TALL, WIDE } from './decoders.fixture';
import { answerOf, inInput, RECTANGLES } from './rectangle-graph.fixture';
import { TF_OBJECT_DETECTION } from './tf-object-detection';

beforeAll(() => tf.setBackend('cpu'));

const MANIFEST = manifest('tf-object-detection');
/** Rows of ymin, xmin, ymax, xmax, score, class from 1; one list per image, all of the same length. */
type Row = readonly [ymin: number, xmin: number, ymax: number, xmax: number, score: number, label: number];
function outputs(...images: readonly (readonly Row[])[]) {
  const [batch, rows] = [images.length, images[0]!.length];
  const column = (index: number) =>
    output(
      [batch, rows],
      images.flatMap((image) => image.map((row) => row[index]!)),
    );
  return [
    output(
      [batch, rows, 4],
      images.flatMap((image) => image.flatMap((row) => row.slice(0, 4))),
    ),
    column(4),
    column(5),
  ];
}

describe('TF_OBJECT_DETECTION', () => {
  it('reads boxes as top, left, bottom, right in fractions of the input, and classes from 1', () => {
    expect(TF_OBJECT_DETECTION.decode(outputs([[0.375, 0.25, 0.625, 0.75, 0.9, 2]]), [WIDE], MANIFEST)).toEqual([
      [
        {
          category: 'person',
          label: 'person',
          confidence: Math.fround(0.9),
          box: { x: 0.25, y: 0.25, width: 0.5, height: 0.5 },
        },
      ],
    ]);
  });

  it('places each image of a batch separately', () => {
    const row: Row = [0.25, 0.25, 0.75, 0.75, 0.9, 1];
    const found = TF_OBJECT_DETECTION.decode(outputs([row], [row], [row]), [WIDE, TALL, STRETCHED], MANIFEST).map(
      (each) => each[0]!.box,
    );
    expect(found).toEqual([
      { x: 0.25, y: 0, width: 0.5, height: 1 },
      { x: 0, y: 0.25, width: 1, height: 0.5 },
      { x: 0.25, y: 0.25, width: 0.5, height: 0.5 },
    ]);
  });

  it('reads boxes, scores and classes of each image of a batch separately', () => {
    const found = TF_OBJECT_DETECTION.decode(
      outputs([[0, 0, 0.5, 0.5, 0.25, 1]], [[0.5, 0.5, 1, 1, 0.75, 3]]),
      [STRETCHED, STRETCHED],
      MANIFEST,
    );
    expect(found).toEqual([
      [{ category: 'animal', label: 'animal', confidence: 0.25, box: { x: 0, y: 0, width: 0.5, height: 0.5 } }],
      [{ category: 'vehicle', label: 'vehicle', confidence: 0.75, box: { x: 0.5, y: 0.5, width: 0.5, height: 0.5 } }],
    ]);
  });

  it('drops low scores, dropped and unknown labels, and sorts the rest', () => {
    const box = [0.4, 0.4, 0.6, 0.6] as const;
    const rows: Row[] = [
      [...box, 0.3, 1],
      [...box, 0.05, 1],
      [...box, 0.9, 4],
      [...box, 0.9, 9],
      [...box, 0.8, 3],
    ];
    const [found] = TF_OBJECT_DETECTION.decode(outputs(rows), [WIDE], MANIFEST);
    expect(found!.map(({ label }) => label)).toEqual(['vehicle', 'animal']);
  });

  it('reads only as many boxes as a fourth output gives', () => {
    const row: Row = [0.4, 0.4, 0.6, 0.6, 0.9, 1];
    const named = [...outputs([row, row, row], [row, row, row]), output([2], [1, 2])];
    expect(TF_OBJECT_DETECTION.decode(named, [WIDE, WIDE], MANIFEST).map(({ length }) => length)).toEqual([1, 2]);
  });

  it('reports which output does not fit, with both shapes', () => {
    const [boxes, scores] = outputs([[0, 0, 1, 1, 1, 1]]);
    expect(() => TF_OBJECT_DETECTION.decode([boxes!, scores!], [WIDE], MANIFEST)).toThrow(
      "the output 'detection_classes' of classes (batch, boxes) should have the shape [1, 1], but is missing",
    );
    expect(() => TF_OBJECT_DETECTION.decode([output([1, 1, 6], [0, 0, 0, 0, 0, 0])], [WIDE], MANIFEST)).toThrow(
      '[1, any, 4], but has [1, 1, 6]',
    );
    expect(() => TF_OBJECT_DETECTION.decode([boxes!, scores!], [WIDE, WIDE], MANIFEST)).toThrow(RangeError);
    const named = { ...MANIFEST, outputs: ['a', 'b', 'c', 'd'] };
    expect(() =>
      TF_OBJECT_DETECTION.decode([...outputs([[0, 0, 1, 1, 1, 1]]), output([2], [1, 1])], [WIDE], named),
    ).toThrow("'d' of counts (batch) should have the shape [1], but has [2]");
  });

  it('clips to the image, and drops boxes in the padding', () => {
    const rows: Row[] = [
      [0.1875, -0.25, 0.3125, 0.5, 0.9, 1],
      [0, 0.25, 0.25, 0.75, 0.8, 1],
      [-1, -1, 2, 2, 0.7, 1],
    ];
    const [found] = TF_OBJECT_DETECTION.decode(outputs(rows), [WIDE], MANIFEST);
    expect(found!.map(({ box }) => box)).toEqual([
      { x: 0, y: 0, width: 0.5, height: 0.125 },
      { x: 0, y: 0, width: 1, height: 1 },
    ]);
  });

  it('scales by width and height of an input that is not square', () => {
    const oblong = { ...MANIFEST, input: { width: 640, height: 320 } };
    const [found] = TF_OBJECT_DETECTION.decode(
      outputs([[0.25, 0.375, 0.75, 0.625, 0.9, 1]]),
      [{ left: 0, top: 0, width: 640, height: 320 }],
      oblong,
    );
    expect(found![0]!.box).toEqual({ x: 0.375, y: 0.25, width: 0.25, height: 0.5 });
  });

  it.each(RECTANGLES)(
    'is exact to the pixel for a graph that detects the rectangle at %d, %d of %d × %d',
    (left, top, width, height, placement) => {
      const answer = answerOf(left, top, width, height, ({ x, y, width: w, height: h }) => {
        const [halfWidth, halfHeight] = [tf.div(w, 2), tf.div(h, 2)];
        const corners = tf.stack([
          tf.sub(y, halfHeight),
          tf.sub(x, halfWidth),
          tf.add(y, halfHeight),
          tf.add(x, halfWidth),
        ]);
        return [tf.reshape(tf.div(corners, 640), [1, 1, 4]), tf.ones([1, 1]), tf.ones([1, 1]), tf.ones([1])];
      });
      const [found] = TF_OBJECT_DETECTION.decode(answer, [placement], MANIFEST);
      expect(inInput(found![0]!.box, placement)).toEqual(
        [left, top, width, height].map((pixels) => expect.closeTo(pixels, 2)),
      );
    },
  );
});
