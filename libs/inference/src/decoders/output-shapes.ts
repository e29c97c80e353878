import type { ModelManifest } from '@pugmark/domain';
import type { OutputTensor } from './decoder';

/** What a decoder wants of one of its outputs. */
export interface ExpectedOutput {
  readonly name: string;
  /** Null stands for any size. */
  readonly shape: readonly (number | null)[];
  /** What is in it, and what its dimensions mean. */
  readonly description: string;
}

/** A picture's part of each output: the values after the batch dimension. */
export function valuesOfImage({ shape, values }: OutputTensor, index: number): Float32Array {
  const each = values.length / (shape[0] ?? 1);
  return values.subarray(index * each, (index + 1) * each);
}

/** As the manifest names the output, or as the decoder does. */
export function outputName({ outputs }: Pick<ModelManifest, 'outputs'>, own: readonly string[], index: number): string {
  return (outputs ?? own)[index] ?? own[index] ?? `output ${index}`;
}

/** Throws RangeError, with the output's name and both shapes, unless the output has the wanted one. */
export function assertShape(
  output: OutputTensor | undefined,
  { name, shape, description: what }: ExpectedOutput,
): asserts output is OutputTensor {
  const fits =
    output !== undefined &&
    output.shape.length === shape.length &&
    shape.every((size, index) => size === null || size === output.shape[index]);
  if (fits) return;
  const wanted = shape.map((size) => size ?? 'any').join(', ');
  const found = output === undefined ? 'is missing' : `has [${output.shape.join(', ')}]`;
  throw new RangeError(
    `the output '${name}' of ${what} should have the shape [${wanted}], but ${found}: the model does not fit its manifest`,
  );
}
