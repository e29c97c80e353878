import type { Box, Category } from './detection';

/** An observation on an image, annotated by a person or proposed by a model. */
export interface ReviewedObservation {
  readonly category: Category;
  /** Scientific name of a species, or any other label; the category if nothing more specific is known. */
  readonly label: string;
  readonly taxonId: number | null;
  readonly individuals: number;
  /** Position on the image in fractions of it; null if unknown. */
  readonly box: Box | null;
  /** The machine's detection that this confirms or corrects; null if a person added it. */
  readonly detectionId: number | null;
}

/** Effective observations of an image, and their source. `none`: no inference and no annotation. */
export interface EffectiveObservations {
  readonly source: 'human' | 'machine' | 'none';
  readonly observations: readonly ReviewedObservation[];
}

/** Selects observations; an absent field does not narrow. */
export interface ObservationSelection {
  readonly category?: Category;
  readonly label?: string;
  readonly detectionId?: number;
}

/** An action of a person on the effective observations of an image. */
export type ReviewAction =
  /** Replaces all observations; an empty list is a blank. */
  | { readonly type: 'set'; readonly observations: readonly ReviewedObservation[] }
  /** Confirms the effective observations. */
  | { readonly type: 'verify' }
  /** Removes all observations. */
  | { readonly type: 'blank' }
  /** Changes category and label of the selected observations. */
  | {
      readonly type: 'relabel';
      readonly of: ObservationSelection;
      readonly to: Pick<ReviewedObservation, 'category' | 'label' | 'taxonId'>;
    }
  /** Removes the selected machine detections. */
  | { readonly type: 'reject'; readonly of: ObservationSelection }
  /** Adds an observation. */
  | { readonly type: 'add'; readonly observation: ReviewedObservation }
  /** Sets the number of individuals of one label. */
  | { readonly type: 'count'; readonly of: ObservationSelection; readonly individuals: number }
  /** Withdraws the human annotation: the machine's observations become effective again. */
  | { readonly type: 'withdraw' };

/** Reasons why an action cannot be applied to an image. */
export const REVIEW_REFUSALS = {
  no_inference: 'no model has processed it yet, and no person has annotated it',
  no_match: 'no effective observation matches the action',
  ambiguous_selection: 'effective observations of more than one kind match: select one',
  duplicate_detection: 'the detection is an effective observation already: relabel or reject it',
  too_many_observations: 'an image holds at most 100 observations',
} as const;

export type ReviewRefusal = keyof typeof REVIEW_REFUSALS;

/** Result for an image. `observations` null: the machine's observations become effective again. */
export type ReviewResult =
  | { readonly outcome: 'changed'; readonly observations: readonly ReviewedObservation[] | null }
  | { readonly outcome: 'unchanged' }
  | { readonly outcome: 'refused'; readonly reason: ReviewRefusal };

export const MAX_OBSERVATIONS = 100;

/**
 * Applies an action to the effective observations of an image, be they the machine's or a human's. An action on machine
 * observations makes them a human annotation, even if nothing else changes; an action that leaves a human annotation as
 * it is changes nothing.
 */
export function applyReviewAction(effective: EffectiveObservations, action: ReviewAction): ReviewResult {
  if (action.type === 'withdraw')
    return effective.source === 'human' ? { outcome: 'changed', observations: null } : UNCHANGED;
  const after = observationsAfter(effective, action);
  if (typeof after === 'string') return { outcome: 'refused', reason: after };
  if (after.length > MAX_OBSERVATIONS) return { outcome: 'refused', reason: 'too_many_observations' };
  return effective.source === 'human' && isSameSet(effective.observations, after)
    ? UNCHANGED
    : { outcome: 'changed', observations: after };
}

const UNCHANGED: ReviewResult = { outcome: 'unchanged' };

function observationsAfter(
  effective: EffectiveObservations,
  action: Exclude<ReviewAction, { type: 'withdraw' }>,
): readonly ReviewedObservation[] | ReviewRefusal {
  switch (action.type) {
    case 'set':
      return action.observations;
    case 'blank':
      return [];
    case 'add':
      return add(effective.observations, action.observation);
    default:
      // All other actions need existing observations.
      if (effective.source === 'none') return 'no_inference';
  }
  switch (action.type) {
    case 'verify':
      return effective.observations;
    case 'relabel':
      return relabel(effective.observations, action);
    case 'reject':
      return reject(effective, action.of);
    case 'count':
      return count(effective.observations, action);
  }
}

function add(
  observations: readonly ReviewedObservation[],
  added: ReviewedObservation,
): readonly ReviewedObservation[] | ReviewRefusal {
  if (added.detectionId !== null && observations.some(({ detectionId }) => detectionId === added.detectionId))
    return 'duplicate_detection';
  return [...observations, added];
}

function relabel(
  observations: readonly ReviewedObservation[],
  { of, to }: Extract<ReviewAction, { type: 'relabel' }>,
): readonly ReviewedObservation[] | ReviewRefusal {
  const meant = observations.filter((one) => matchesSelection(one, of));
  if (meant.length === 0) return 'no_match';
  // Prevents turning a person next to a deer into a deer when the action does not select one of them.
  if (new Set(meant.map(({ category }) => category)).size > 1) return 'ambiguous_selection';
  return observations.map((one) => (meant.includes(one) ? { ...one, ...to } : one));
}

/** Keeps what people added: it is not based on a machine detection. */
function reject(
  { source, observations }: EffectiveObservations,
  of: ObservationSelection,
): readonly ReviewedObservation[] | ReviewRefusal {
  const left = observations.filter((one) => one.detectionId === null || !matchesSelection(one, of));
  // A detection that a person rejected before stays rejected.
  return left.length === observations.length && source !== 'human' ? 'no_match' : left;
}

/** Keeps the first observations; of machine observations those have the highest confidence. */
function count(
  observations: readonly ReviewedObservation[],
  { of, individuals }: Extract<ReviewAction, { type: 'count' }>,
): readonly ReviewedObservation[] | ReviewRefusal {
  const meant = observations.filter((one) => matchesSelection(one, of));
  if (meant.length === 0) return 'no_match';
  if (new Set(meant.map(({ category, label }) => `${category} ${label}`)).size > 1) return 'ambiguous_selection';
  if (meant.reduce((sum, one) => sum + one.individuals, 0) === individuals) return observations;
  const kept = meant.slice(0, individuals);
  const counted = new Map(
    kept.map((one, place) => [one, { ...one, individuals: place === 0 ? individuals - kept.length + 1 : 1 }]),
  );
  return observations.flatMap((one) => counted.get(one) ?? (meant.includes(one) ? [] : [one]));
}

function matchesSelection(one: ReviewedObservation, { category, label, detectionId }: ObservationSelection): boolean {
  return (
    (category === undefined || one.category === category) &&
    (label === undefined || one.label === label) &&
    (detectionId === undefined || one.detectionId === detectionId)
  );
}

/** Compares regardless of order. */
function isSameSet(a: readonly ReviewedObservation[], b: readonly ReviewedObservation[]): boolean {
  return JSON.stringify(a.map(canonicalJson).sort()) === JSON.stringify(b.map(canonicalJson).sort());
}

function canonicalJson({ category, label, taxonId, individuals, box, detectionId }: ReviewedObservation): string {
  return JSON.stringify([
    category,
    label,
    taxonId,
    individuals,
    box === null ? null : [box.x, box.y, box.width, box.height],
    detectionId,
  ]);
}
