import type { OutputTensor } from './decoder';

/** A picture's part of each output: the values after the batch dimension. */
export function ofPicture({ shape, values }: OutputTensor, index: number): Float32Array {
  const each = values.length / (shape[0] ?? 1);
  return values.subarray(index * each, (index + 1) * each);
}

/**
 * Throws RangeError unless the output has this shape; null stands for any size. `what` names the output, and what its dimensions mean.
 */
export function assertShape(output: OutputTensor | undefined, wanted: readonly (number | null)[], what: string): asserts output is OutputTensor {
  const fits = output !== undefined && output.shape.length === wanted.length && wanted.every((size, index) => size === null || size === output.shape[index]);
  if (fits) return;
  const shape = wanted.map((size) => size ?? 'any').join(', ');
  throw new RangeError(`the output ${what} should have the shape [${shape}], but ${output === undefined ? 'is missing' : `has [${output.shape.join(', ')}]`}: the model does not fit its manifest`);
}
