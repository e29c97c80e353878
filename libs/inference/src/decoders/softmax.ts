import type { Classification, ModelManifest } from '@pugmark/domain';
import type { ClassificationDecoder } from './decoder';
import { assertShape, valuesOfImage, outputName } from './output-shapes';

const MAX_LABELS = 5;
/** Probabilities of a crop sum to 1, within the rounding of single precision. */
const SUM_TOLERANCE = 1e-2;

const OUTPUTS = ['output_0'];

/**
 * Classifier with one output [batch, labels] of probabilities, or of logits, to which softmax is applied. A model
 * returns the same for all crops, so the whole output decides: logits unless every row sums to 1.
 */
export const SOFTMAX: ClassificationDecoder = {
  outputs: OUTPUTS,
  decode: ([output], batch, manifest) => {
    assertShape(output, {
      name: outputName(manifest, OUTPUTS, 0),
      shape: [batch, manifest.labels.length],
      description: 'scores (batch, labels)',
    });
    const rows = Array.from({ length: batch }, (_, index) => [...valuesOfImage(output, index)]);
    const probabilities = rows.every(isDistribution) ? rows : rows.map(softmax);
    return probabilities.map((row) => ranked(row, manifest));
  },
};

function ranked(scores: readonly number[], { labels, storeThreshold }: ModelManifest): Classification[] {
  const sorted = scores
    .map((score, index) => ({ label: labels[index]!, score: Math.min(1, score) }))
    .sort((a, b) => b.score - a.score);
  return sorted.slice(0, MAX_LABELS).filter(({ score }, rank) => rank === 0 || score >= storeThreshold);
}

function isDistribution(row: readonly number[]): boolean {
  const sum = row.reduce((total, value) => total + value, 0);
  return row.every((value) => value >= 0) && Math.abs(sum - 1) <= SUM_TOLERANCE;
}

function softmax(logits: readonly number[]): number[] {
  // Minus the largest one, as large logits would overflow.
  const largest = Math.max(...logits);
  const powers = logits.map((value) => Math.exp(value - largest));
  const total = powers.reduce((all, power) => all + power, 0);
  return powers.map((power) => power / total);
}
