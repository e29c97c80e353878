import * as tf from '@tensorflow/tfjs-core';
import type { Box, Placement } from '@pugmark/domain';
import type { OutputTensor } from './decoder';
import { STRETCHED, TALL, WIDE } from './decoders.fixture';

/** Left, top, width, height in pixels of an input of 640 × 640, and the placement of the image. */
export const RECTANGLES: readonly (readonly [
  left: number,
  top: number,
  width: number,
  height: number,
  placement: Placement,
])[] = [
  [64, 96, 128, 32, STRETCHED],
  [0, 160, 640, 320, WIDE],
  [161, 3, 17, 630, TALL],
  [333, 200, 1, 1, STRETCHED],
  [479, 639, 1, 1, TALL],
];

/** The rectangle, as scalars in pixels, where a pixel is a square of side 1; `x` and `y` of its centre. */
export interface FoundRectangle {
  readonly x: tf.Tensor;
  readonly y: tf.Tensor;
  readonly width: tf.Tensor;
  readonly height: tf.Tensor;
}

/**
 * Outputs of a graph that detects one white rectangle on black in an image of 640 × 640; `head` lays out the outputs.
 */
export function answerOf(
  left: number,
  top: number,
  width: number,
  height: number,
  head: (found: FoundRectangle) => tf.Tensor[],
): OutputTensor[] {
  const isWhite = (x: number, y: number): boolean => x >= left && x < left + width && y >= top && y < top + height;
  const pixels = Float32Array.from({ length: 640 * 640 }, (_, n) => (isWhite(n % 640, Math.floor(n / 640)) ? 1 : 0));
  const outputs = tf.tidy(() => head(findRectangle(tf.tensor2d(pixels, [640, 640]))));
  const answers = outputs.map((output) => ({ shape: output.shape, values: Float32Array.from(output.dataSync()) }));
  tf.dispose(outputs);
  return answers;
}

/** Converts fractions of the image back to pixels of the input: left, top, width, height. */
export function inInput({ x, y, width, height }: Box, placement: Placement): number[] {
  return [
    x * placement.width + placement.left,
    y * placement.height + placement.top,
    width * placement.width,
    height * placement.height,
  ];
}

function findRectangle(image: tf.Tensor2D): FoundRectangle {
  const [columns, rows] = [extent(tf.max(image, 0)), extent(tf.max(image, 1))];
  return { x: columns.middle, y: rows.middle, width: columns.size, height: rows.size };
}

/** Extent of the ones in a line of zeros and ones. */
function extent(line: tf.Tensor): { middle: tf.Tensor; size: tf.Tensor } {
  const first = tf.cast(tf.argMax(line), 'float32');
  const past = tf.sub(line.size, tf.cast(tf.argMax(tf.reverse(line)), 'float32'));
  return { middle: tf.div(tf.add(first, past), 2), size: tf.sub(past, first) };
}
