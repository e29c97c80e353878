import type { Placement } from '@pugmark/domain';
import { CENTERNET, decodeCenternet } from './centernet';
import { manifest, output } from './decoders.fixture';

/** An image of 2:1 in an input of 512 × 512: bars of 128 above and below. */
const WIDE: Placement = { left: 0, top: 128, width: 512, height: 256 };
const MANIFEST = {
  labels: ['person', 'car', 'kite', 'cow', 'bear'],
  categories: { person: 'person', car: 'vehicle', cow: 'animal', bear: 'animal' },
  storeThreshold: 0.1,
} as const;

type Row = readonly [x0: number, y0: number, x1: number, y1: number, score: number, classIndex: number];
const decode = (rows: readonly Row[], placement = WIDE) =>
  decodeCenternet(Float32Array.from(rows.flat()), placement, MANIFEST);

describe('decodeCenternet', () => {
  it('maps pixels of the input to fractions of the upright image', () => {
    expect(decode([[128, 192, 384, 320, 0.5, 3]])).toEqual([
      { category: 'animal', label: 'cow', confidence: 0.5, box: { x: 0.25, y: 0.25, width: 0.5, height: 0.5 } },
    ]);
  });

  it('clips to the image, not to the input', () => {
    expect(decode([[-64, 64, 640, 500, 0.5, 0]])[0]?.box).toEqual({ x: 0, y: 0, width: 1, height: 1 });
  });

  it('drops boxes without an extent within the image', () => {
    expect(
      decode([
        [10, 0, 200, 120, 0.9, 0], // in the bar above
        [10, 384, 200, 500, 0.9, 0], // in the bar below
        [10, 120, 200, 128.5, 0.9, 0], // half a pixel of it inside
        [50, 200, 50, 300, 0.9, 0], // no width
        [60, 200, 50, 300, 0.9, 0], // right before left
      ]),
    ).toEqual([]);
  });

  it('keeps a box over the whole of an image that is one pixel high', () => {
    const strip: Placement = { left: 0, top: 255, width: 512, height: 1 };
    expect(decode([[0, 200, 512, 300, 0.5, 0]], strip)[0]?.box).toEqual({ x: 0, y: 0, width: 1, height: 1 });
  });

  it('drops labels without a category, unknown classes, and scores below the threshold', () => {
    const rows: Row[] = [
      [0, 128, 100, 200, 0.9, 2],
      [0, 128, 100, 200, 0.9, 99],
      [0, 128, 100, 200, 0.9, -1],
      [0, 128, 100, 200, 0.0999, 0],
    ];
    expect(decode(rows)).toEqual([]);
    expect(decode([[0, 128, 100, 200, 0.125, 0]])).toHaveLength(1);
  });

  it('sorts by confidence', () => {
    const rows: Row[] = [
      [0, 128, 100, 200, 0.25, 0],
      [300, 128, 400, 200, 0.75, 3],
      [300, 300, 400, 384, 0.5, 1],
    ];
    expect(decode(rows).map((detection) => [detection.label, detection.confidence])).toEqual([
      ['cow', 0.75],
      ['car', 0.5],
      ['person', 0.25],
    ]);
  });

  it('merges classes with exactly the same box into the one with the highest score', () => {
    const box = [100, 150, 200, 250] as const;
    expect(
      decode([
        [...box, 0.25, 0],
        [...box, 0.5, 3],
        [...box, 0.375, 4],
      ]),
    ).toEqual([expect.objectContaining({ label: 'cow', confidence: 0.5 })]);
  });

  it('merges boxes of one category that overlap by more than 0.6, and not of two categories', () => {
    const cow: Row = [100, 150, 200, 250, 0.5, 3];
    expect(decode([cow, [110, 150, 210, 250, 0.25, 4]]).map((d) => d.label)).toEqual(['cow']);
    expect(decode([cow, [130, 150, 230, 250, 0.25, 4]]).map((d) => d.label)).toEqual(['cow', 'bear']);
    expect(decode([cow, [110, 150, 210, 250, 0.25, 0]]).map((d) => d.label)).toEqual(['cow', 'person']);
  });

  it('stays within the image despite rounding', () => {
    const odd: Placement = { left: 85, top: 0, width: 341, height: 512 };
    for (let x0 = 85; x0 < 420; x0 += 0.37) {
      const [detection] = decode([[x0, 3.3, 500, 600, 0.5, 0]], odd);
      expect(detection!.box.x + detection!.box.width).toBeLessThanOrEqual(1);
      expect(detection!.box.y + detection!.box.height).toBeLessThanOrEqual(1);
    }
  });
});

describe('CENTERNET', () => {
  const own = manifest('centernet', { ...MANIFEST, input: { width: 512, height: 512 } });
  const whole: Row = [0, 128, 512, 384, 0.5, 3];
  const part: Row = [128, 192, 384, 320, 0.75, 0];

  it('decodes and places each image of a batch separately', () => {
    const tall: Placement = { left: 128, top: 0, width: 256, height: 512 };
    const outputs = [output([2, 2, 6], [whole, part, part, [0, 0, 0, 0, 0, 0]].flat())];
    expect(
      CENTERNET.decode(outputs, [WIDE, tall], own).map((found) => found.map(({ label, box }) => [label, box])),
    ).toEqual([
      [
        ['person', { x: 0.25, y: 0.25, width: 0.5, height: 0.5 }],
        ['cow', { x: 0, y: 0, width: 1, height: 1 }],
      ],
      [['person', { x: 0, y: 0.375, width: 1, height: 0.25 }]],
    ]);
  });

  it('reports which output does not fit, with both shapes', () => {
    const other = [output([1, 1, 5], whole.slice(0, 5))];
    expect(() => CENTERNET.decode(other, [WIDE], own)).toThrow(RangeError);
    expect(() => CENTERNET.decode(other, [WIDE], own)).toThrow(
      /'tower_0\/detections' of boxes .* the shape \[1, any, 6\], but has \[1, 1, 5\]/,
    );
    expect(() => CENTERNET.decode(other, [WIDE], { ...own, outputs: ['boxes'] })).toThrow("'boxes'");
  });
});
