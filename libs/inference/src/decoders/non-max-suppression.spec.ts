import '@tensorflow/tfjs-backend-cpu';
import { image, setBackend, tensor1d, tensor2d, tidy } from '@tensorflow/tfjs-core';
import type { Candidate } from './boxes';
import { randomNumbers } from './decoders.fixture';
import { nonMaxSuppression } from './non-max-suppression';

beforeAll(() => setBackend('cpu'));

function candidates(count: number, labels: number, seed: number): Candidate[] {
  const random = randomNumbers(seed);
  return Array.from({ length: count }, () => {
    const [left, top] = [random() * 500, random() * 500];
    return {
      box: { left, top, right: left + random() * 200, bottom: top + random() * 200 },
      score: Math.fround(random()),
      label: Math.floor(random() * labels),
    };
  });
}

/** Result of TensorFlow, for each label separately. */
function byTensorflow(all: readonly Candidate[], iouThreshold: number): Set<Candidate> {
  const labels = new Set(all.map(({ label }) => label));
  return new Set(
    [...labels].flatMap((label) => {
      const own = all.filter((candidate) => candidate.label === label);
      const kept = tidy(() => {
        const boxes = tensor2d(own.map(({ box }) => [box.top, box.left, box.bottom, box.right]));
        return image
          .nonMaxSuppression(boxes, tensor1d(own.map(({ score }) => score)), own.length, iouThreshold)
          .dataSync();
      });
      return [...kept].map((index) => own[index]!);
    }),
  );
}

describe('nonMaxSuppression', () => {
  it.each([
    [400, 1, 0.45, 1],
    [400, 3, 0.45, 2],
    [600, 5, 0.7, 3],
    [300, 2, 0.1, 4],
    [300, 2, 0.6, 5],
  ])(
    'keeps what tf.image.nonMaxSuppression keeps of %d boxes with %d labels at %d',
    (count, labels, iouThreshold, seed) => {
      const all = candidates(count, labels, seed);
      const kept = nonMaxSuppression(all, { iouThreshold, maxBoxes: Infinity });
      const expected = byTensorflow(all, iouThreshold);
      expect(kept.length).toBe(expected.size);
      expect(kept.every((candidate) => expected.has(candidate))).toBe(true);
      expect(kept.map(({ score }) => score)).toEqual(kept.map(({ score }) => score).sort((a, b) => b - a));
      expect(kept.length).toBeGreaterThan(labels);
      expect(kept.length).toBeLessThan(count);
    },
  );

  it('keeps what tf.image.nonMaxSuppression keeps of equal boxes, equal scores, or boxes without area', () => {
    const random = randomNumbers(6);
    const step = (bound: number): number => Math.floor(random() * bound);
    const all = Array.from({ length: 600 }, (): Candidate => {
      const [left, top] = [step(6) * 20, step(6) * 20];
      return {
        box: { left, top, right: left + step(4) * 20, bottom: top + step(4) * 20 },
        score: (step(8) + 1) / 8,
        label: step(2),
      };
    });
    // No two of these boxes overlap by exactly this: TensorFlow.js drops at the threshold, YOLO's suppression and this
    // one above it.
    const kept = nonMaxSuppression(all, { iouThreshold: 0.4321, maxBoxes: Infinity });
    const expected = byTensorflow(all, 0.4321);
    expect(kept.length).toBe(expected.size);
    expect(kept.every((candidate) => expected.has(candidate))).toBe(true);
  });

  it('suppresses nothing across labels', () => {
    const all = candidates(300, 1, 7).map((candidate, label) => ({ ...candidate, label }));
    expect(new Set(nonMaxSuppression(all, { iouThreshold: 0, maxBoxes: Infinity }))).toEqual(new Set(all));
  });

  const box = { left: 10, top: 10, right: 50, bottom: 50 };

  it('keeps the first of equal boxes with equal scores, one per label', () => {
    const all = [0, 0, 1, 0].map((label) => ({ box, score: 0.5, label }));
    expect(nonMaxSuppression(all, { iouThreshold: 0.5, maxBoxes: 10 })).toEqual([all[0], all[2]]);
  });

  it('does not suppress by a box without area', () => {
    const flat = { box: { ...box, right: 10 }, score: 0.9, label: 0 };
    const full = { box, score: 0.5, label: 0 };
    expect(nonMaxSuppression([flat, full], { iouThreshold: 0, maxBoxes: 10 })).toEqual([flat, full]);
  });

  it('keeps a box that overlaps by exactly the threshold', () => {
    const half = { box: { ...box, bottom: 30 }, score: 0.4, label: 0 };
    expect(nonMaxSuppression([{ box, score: 0.5, label: 0 }, half], { iouThreshold: 0.5, maxBoxes: 10 })).toHaveLength(
      2,
    );
    expect(nonMaxSuppression([{ box, score: 0.5, label: 0 }, half], { iouThreshold: 0.49, maxBoxes: 10 })).toHaveLength(
      1,
    );
  });

  it('keeps at most the maximum number of boxes, with the highest scores', () => {
    const all = candidates(200, 1, 9);
    const kept = nonMaxSuppression(all, { iouThreshold: 1, maxBoxes: 7 });
    expect(kept.map(({ score }) => score)).toEqual(
      all
        .map(({ score }) => score)
        .sort((a, b) => b - a)
        .slice(0, 7),
    );
  });
});
