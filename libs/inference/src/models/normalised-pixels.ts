import type { ModelInput, ModelManifest, Normalisation } from '@pugmark/domain';

/** Factor and summand of each channel: value × scale + shift. */
interface Scaling {
  readonly scale: readonly [number, number, number];
  readonly shift: readonly [number, number, number];
}

/** ImageNet's mean and standard deviation of red, green, blue in 0..1, as in PyTorch and Keras ('torch'). */
const MEAN = [0.485, 0.456, 0.406] as const;
const DEVIATION = [0.229, 0.224, 0.225] as const;

const SCALINGS: Readonly<Record<Exclude<Normalisation, '0..255'>, Scaling>> = {
  '0..1': { scale: [1 / 255, 1 / 255, 1 / 255], shift: [0, 0, 0] },
  '-1..1': { scale: [2 / 255, 2 / 255, 2 / 255], shift: [-1, -1, -1] },
  imagenet: {
    scale: [1 / (255 * DEVIATION[0]), 1 / (255 * DEVIATION[1]), 1 / (255 * DEVIATION[2])],
    shift: [-MEAN[0] / DEVIATION[0], -MEAN[1] / DEVIATION[1], -MEAN[2] / DEVIATION[2]],
  },
};

/**
 * Normalises a batch to [batch, height, width, 3] in the manifest's value range. Throws RangeError for images of
 * another size than the model's.
 */
export function normalisedPixels(
  inputs: readonly ModelInput[],
  manifest: Pick<ModelManifest, 'name' | 'input' | 'normalisation'>,
): Float32Array {
  const { name, input, normalisation } = manifest;
  const values = input.width * input.height * 3;
  const pixels = new Float32Array(values * inputs.length);
  inputs.forEach(({ width, height, rgb }, index) => {
    if (width !== input.width || height !== input.height || rgb.length !== values) {
      throw new RangeError(
        `model ${name} takes ${input.width} × ${input.height} RGB pixels, not ${width} × ${height} (${rgb.length} bytes)`,
      );
    }
    pixels.set(rgb, index * values);
  });
  if (normalisation !== '0..255') scale(pixels, SCALINGS[normalisation]);
  return pixels;
}

function scale(pixels: Float32Array, { scale: [r, g, b], shift: [dr, dg, db] }: Scaling): void {
  for (let at = 0; at < pixels.length; at += 3) {
    pixels[at] = pixels[at]! * r + dr;
    pixels[at + 1] = pixels[at + 1]! * g + dg;
    pixels[at + 2] = pixels[at + 2]! * b + db;
  }
}
