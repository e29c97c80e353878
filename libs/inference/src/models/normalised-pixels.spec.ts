import type { ModelInput, Normalisation } from '@pugmark/domain';
import { normalisedPixels } from './normalised-pixels';

const input = (...rgb: number[]): ModelInput => ({
  rgb: Uint8Array.from(rgb),
  width: 1,
  height: 1,
  placement: { left: 0, top: 0, width: 1, height: 1 },
});
const values = (normalisation: Normalisation) => [
  ...normalisedPixels([input(0, 128, 255), input(255, 0, 51)], {
    name: 'm',
    input: { width: 1, height: 1 },
    normalisation,
  }),
];

it.each<[Normalisation, number[]]>([
  ['0..255', [0, 128, 255, 255, 0, 51]],
  ['0..1', [0, 128 / 255, 1, 1, 0, 0.2]],
  ['-1..1', [-1, 256 / 255 - 1, 1, 1, -1, -0.6]],
  // Computed by hand from the published mean and deviation of each channel.
  ['imagenet', [-2.1179, 0.2052, 2.64, 2.2489, -2.0357, -0.9156]],
])('scales to %s', (normalisation, expected) => {
  values(normalisation).forEach((value, index) => expect(value).toBeCloseTo(expected[index]!, 3));
});

it('refuses images of another size', () => {
  expect(() =>
    normalisedPixels([input(1, 2, 3)], { name: 'm', input: { width: 2, height: 1 }, normalisation: '0..1' }),
  ).toThrow('takes 2 × 1 RGB pixels, not 1 × 1');
});
