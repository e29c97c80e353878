import { dirname, join } from 'node:path';
import { intersectionOverUnion, type Detection } from '@pugmark/domain';
import { configureImages, decodeForModel } from '@pugmark/images';
import { BUILTIN_MODEL, builtinModelFolder, createEngine } from '@pugmark/inference';

const CAT = join(dirname(require.resolve('cat-picture')), 'cat.jpg');

/** Result of the built-in model when this test was written. Checked by eye: the cat and nothing else. */
const GOLDEN: readonly Detection[] = [
  { category: 'animal', label: 'cat', confidence: 0.674, box: { x: 0.0306, y: 0.1935, width: 0.8924, height: 0.6073 } },
];

it('the built-in model detects the cat at the recorded position', async () => {
  configureImages();
  const engine = await createEngine({ engine: 'wasm', device: 'auto', tensorflowDir: '', convertedDir: '' });
  const model = await engine.load(BUILTIN_MODEL, builtinModelFolder());
  try {
    const image = await decodeForModel(CAT, {
      ...BUILTIN_MODEL.input,
      resize: BUILTIN_MODEL.resize,
      pixelLimit: 100_000_000,
    });
    const [found] = await model.detect([image]);
    const counted = found!.filter(({ confidence }) => confidence >= BUILTIN_MODEL.threshold);
    expect(counted.map(({ category, label }) => ({ category, label }))).toEqual(
      GOLDEN.map(({ category, label }) => ({ category, label })),
    );
    counted.forEach((detection, index) => {
      expect(intersectionOverUnion(detection.box, GOLDEN[index]!.box)).toBeGreaterThan(0.95);
      expect(Math.abs(detection.confidence - GOLDEN[index]!.confidence)).toBeLessThan(0.03);
    });
  } finally {
    model.dispose();
  }
});
