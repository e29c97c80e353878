import type { Box, Category } from './detection';

/** What is on an image, as a person says it or a model proposes it. */
export interface ReviewedObservation {
  readonly category: Category;
  /** A species by its scientific name, or whatever else people call it; the category where nothing more is known. */
  readonly label: string;
  readonly taxonId: number | null;
  readonly individuals: number;
  /** Where on the image, in fractions of it; null: somewhere. */
  readonly box: Box | null;
  /** The machine's detection that this confirms or corrects; null: the person saw what the machine did not. */
  readonly detectionId: number | null;
}

/** What counts for an image, and whose word it is. `none`: no model has looked at it, and no person has said anything. */
export interface EffectiveObservations {
  readonly source: 'human' | 'machine' | 'none';
  readonly observations: readonly ReviewedObservation[];
}

/** Which of the observations are meant; what is absent does not narrow. */
export interface ObservationSelection {
  readonly category?: Category;
  readonly label?: string;
  readonly detectionId?: number;
}

/** What a person does to what counts for an image. */
export type ReviewAction =
  /** This and nothing else is on it; none: it is blank. */
  | { readonly type: 'set'; readonly observations: readonly ReviewedObservation[] }
  /** What counts is right. */
  | { readonly type: 'verify' }
  /** Nothing is on it. */
  | { readonly type: 'blank' }
  /** What is meant is called otherwise. */
  | {
      readonly type: 'relabel';
      readonly of: ObservationSelection;
      readonly to: Pick<ReviewedObservation, 'category' | 'label' | 'taxonId'>;
    }
  /** What the machine found there is nothing. */
  | { readonly type: 'reject'; readonly of: ObservationSelection }
  /** This is on it too. */
  | { readonly type: 'add'; readonly observation: ReviewedObservation }
  /** There are so many of one kind. */
  | { readonly type: 'count'; readonly of: ObservationSelection; readonly individuals: number }
  /** The human's word is taken back: the machine counts again. */
  | { readonly type: 'withdraw' };

/** Why an action cannot be done to an image. */
export const REVIEW_REFUSALS = {
  no_inference: 'no model has looked at it yet, and nobody has said what is on it',
  no_match: 'nothing that counts on it is what the action is about',
  ambiguous_selection: 'more than one kind that counts on it could be meant: say which',
  duplicate_detection: 'the detection is part of what counts on it already: relabel or reject it',
  too_many_observations: 'an image holds at most 100 observations',
} as const;

export type ReviewRefusal = keyof typeof REVIEW_REFUSALS;

/** What becomes of an image. `observations` null: the machine counts again. */
export type ReviewResult =
  | { readonly outcome: 'changed'; readonly observations: readonly ReviewedObservation[] | null }
  | { readonly outcome: 'unchanged' }
  | { readonly outcome: 'refused'; readonly reason: ReviewRefusal };

export const MAX_OBSERVATIONS = 100;

/**
 * The human's word after an action on what counts now, be it the machine's or a human's. An action on the machine's word makes it a human's,
 * also where nothing else changes by it; one that leaves a human's word as it is changes nothing.
 */
export function applyReviewAction(word: EffectiveObservations, action: ReviewAction): ReviewResult {
  if (action.type === 'withdraw')
    return word.source === 'human' ? { outcome: 'changed', observations: null } : UNCHANGED;
  const after = observationsAfter(word, action);
  if (typeof after === 'string') return { outcome: 'refused', reason: after };
  if (after.length > MAX_OBSERVATIONS) return { outcome: 'refused', reason: 'too_many_observations' };
  return word.source === 'human' && isSameSet(word.observations, after)
    ? UNCHANGED
    : { outcome: 'changed', observations: after };
}

const UNCHANGED: ReviewResult = { outcome: 'unchanged' };

function observationsAfter(
  word: EffectiveObservations,
  action: Exclude<ReviewAction, { type: 'withdraw' }>,
): readonly ReviewedObservation[] | ReviewRefusal {
  switch (action.type) {
    case 'set':
      return action.observations;
    case 'blank':
      return [];
    case 'add':
      return add(word.observations, action.observation);
    default:
      // The others are about what counts: without that there is nothing that they could be about.
      if (word.source === 'none') return 'no_inference';
  }
  switch (action.type) {
    case 'verify':
      return word.observations;
    case 'relabel':
      return relabel(word.observations, action);
    case 'reject':
      return reject(word, action.of);
    case 'count':
      return count(word.observations, action);
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
  // A person beside a deer does not become one because nobody said which is meant.
  if (new Set(meant.map(({ category }) => category)).size > 1) return 'ambiguous_selection';
  return observations.map((one) => (meant.includes(one) ? { ...one, ...to } : one));
}

/** What people added of themselves stays: it rests on nothing that the machine found. */
function reject({ source, observations }: EffectiveObservations, of: ObservationSelection): readonly ReviewedObservation[] | ReviewRefusal {
  const left = observations.filter((one) => one.detectionId === null || !matchesSelection(one, of));
  // Rejected by a person before, it is not there any more, as is wished.
  return left.length === observations.length && source !== 'human' ? 'no_match' : left;
}

/** The first keep what they are: in the machine's word those are the surest. */
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

/** Whatever the order. */
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
