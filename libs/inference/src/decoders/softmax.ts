import type { Classification, ModelManifest } from '@pugmark/domain';
import type { ClassificationDecoder } from './decoder';
import { assertShape, ofPicture } from './output-shapes';

const MOST_LABELS = 5;
/** Probabilities of one crop add up to 1, but for what single precision loses. */
const SUM_TOLERANCE = 1e-2;

/** A classifier: one output [batch, labels] of probabilities, or of logits, of which the softmax is then taken. */
export const SOFTMAX: ClassificationDecoder = {
  outputs: ['output_0'],
  decode: ([output], batch, manifest) => {
    assertShape(output, [batch, manifest.labels.length], 'of scores (batch, labels)');
    return Array.from({ length: batch }, (_, index) => ranked(probabilities(ofPicture(output, index)), manifest));
  },
};

function ranked(scores: readonly number[], { labels, storeThreshold }: ModelManifest): Classification[] {
  const sorted = scores.map((score, index) => ({ label: labels[index]!, score: Math.min(1, score) })).sort((a, b) => b.score - a.score);
  return sorted.slice(0, MOST_LABELS).filter(({ score }, rank) => rank === 0 || score >= storeThreshold);
}

function probabilities(values: Float32Array): number[] {
  const numbers = [...values];
  const sum = numbers.reduce((total, value) => total + value, 0);
  if (numbers.every((value) => value >= 0) && Math.abs(sum - 1) <= SUM_TOLERANCE) return numbers;
  // Less the largest one first: large logits would overflow.
  const largest = Math.max(...numbers);
  const powers = numbers.map((value) => Math.exp(value - largest));
  const total = powers.reduce((all, power) => all + power, 0);
  return powers.map((power) => power / total);
}
