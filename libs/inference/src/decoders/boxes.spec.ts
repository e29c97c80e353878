import type { Placement } from '@pugmark/domain';
import { categoryOf, byConfidence, toDetection, type InputBox } from './boxes';
import { manifest, STRETCHED, TALL, WIDE } from './decoders.fixture';

const MANIFEST = manifest('yolov5');
const detectionOf = (box: InputBox, placement: Placement) =>
  toDetection({ box, score: 0.5, label: 0 }, placement, MANIFEST);

describe('toDetection', () => {
  it.each([
    ['stretched', STRETCHED],
    ['with bars above and below', WIDE],
    ['with bars at the sides', TALL],
    ['of an odd size', { left: 7, top: 85, width: 333, height: 341 }],
  ])('keeps a box of one pixel anywhere in an image %s', (_, placement) => {
    for (let x = placement.left; x < placement.left + placement.width; x += 1) {
      expect(
        detectionOf({ left: x, top: placement.top, right: x + 1, bottom: placement.top + 9 }, placement),
      ).not.toBeNull();
    }
    for (let y = placement.top; y < placement.top + placement.height; y += 1) {
      expect(
        detectionOf({ left: placement.left, top: y, right: placement.left + 9, bottom: y + 1 }, placement),
      ).not.toBeNull();
    }
  });

  it('keeps a box of one pixel that is slightly smaller in single precision', () => {
    for (let x = 0; x < 640; x += 1) {
      const [left, right] = [Math.fround(x / 640) * 640, Math.fround((x + 1) / 640) * 640];
      expect(detectionOf({ left, top: 9, right, bottom: 99 }, STRETCHED)).not.toBeNull();
    }
  });

  it('drops a box with less than a pixel within the image, in either direction', () => {
    expect(detectionOf({ left: 0, top: 200, right: 0.9, bottom: 300 }, WIDE)).toBeNull();
    expect(detectionOf({ left: 0, top: 100, right: 99, bottom: 160.9 }, WIDE)).toBeNull();
    expect(detectionOf({ left: 100, top: 9, right: 160.9, bottom: 99 }, TALL)).toBeNull();
  });

  it('drops boxes with NaN', () => {
    expect(detectionOf({ left: NaN, top: 9, right: 99, bottom: 99 }, STRETCHED)).toBeNull();
    expect(
      toDetection({ box: { left: 9, top: 9, right: 99, bottom: 99 }, score: NaN, label: 0 }, STRETCHED, MANIFEST),
    ).toBeNull();
  });

  it('treats a score slightly above 1 as 1', () => {
    expect(
      toDetection({ box: { left: 9, top: 9, right: 99, bottom: 99 }, score: 1.0001, label: 0 }, STRETCHED, MANIFEST),
    ).toMatchObject({ confidence: 1 });
  });
});

it('has no category for a dropped or unknown label, or for a name of an object property', () => {
  const labels = ['animal', 'kite', 'toString', 'constructor'];
  expect(
    [0, 1, 2, 3, 4, -1, NaN].map((index) => categoryOf(index, { labels, categories: { animal: 'animal' } })),
  ).toEqual(['animal', ...new Array(6).fill(null)]);
});

it('sorts by confidence without changing the input', () => {
  const list = [0.25, 0.75, 0.5].map((confidence) => ({
    category: 'animal' as const,
    label: 'animal',
    confidence,
    box: { x: 0, y: 0, width: 1, height: 1 },
  }));
  expect(byConfidence(list).map(({ confidence }) => confidence)).toEqual([0.75, 0.5, 0.25]);
  expect(list[0]!.confidence).toBe(0.25);
});
