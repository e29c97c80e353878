import type { ModelManifest } from '@pugmark/domain';
import type { OutputTensor } from './decoder';

/** Expected shape of an output. */
export interface ExpectedOutput {
  readonly name: string;
  /** Null for any size. */
  readonly shape: readonly (number | null)[];
  /** Content, and meaning of the dimensions. */
  readonly description: string;
}

/** Values of one image in an output. */
export function valuesOfImage({ shape, values }: OutputTensor, index: number): Float32Array {
  const each = values.length / (shape[0] ?? 1);
  return values.subarray(index * each, (index + 1) * each);
}

/** Name of an output: from the manifest, or the decoder's default. */
export function outputName({ outputs }: Pick<ModelManifest, 'outputs'>, own: readonly string[], index: number): string {
  return (outputs ?? own)[index] ?? own[index] ?? `output ${index}`;
}

/** Throws RangeError with the output's name and both shapes unless the output has the expected one. */
export function assertShape(
  output: OutputTensor | undefined,
  { name, shape, description: what }: ExpectedOutput,
): asserts output is OutputTensor {
  const fits =
    output !== undefined &&
    output.shape.length === shape.length &&
    shape.every((size, index) => size === null || size === output.shape[index]);
  if (fits) return;
  const expected = shape.map((size) => size ?? 'any').join(', ');
  const found = output === undefined ? 'is missing' : `has [${output.shape.join(', ')}]`;
  throw new RangeError(
    `the output '${name}' of ${what} should have the shape [${expected}], but ${found}: the model does not match its manifest`,
  );
}
