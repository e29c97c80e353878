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
export interface Word {
  readonly source: 'human' | 'machine' | 'none';
  readonly observations: readonly ReviewedObservation[];
}

/** Which of the observations are meant; what is absent does not narrow. */
export interface Selection {
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
      readonly of: Selection;
      readonly to: Pick<ReviewedObservation, 'category' | 'label' | 'taxonId'>;
    }
  /** What the machine found there is nothing. */
  | { readonly type: 'reject'; readonly of: Selection }
  /** This is on it too. */
  | { readonly type: 'add'; readonly observation: ReviewedObservation }
  /** There are so many of one kind. */
  | { readonly type: 'count'; readonly of: Selection; readonly individuals: number }
  /** The human's word is taken back: the machine counts again. */
  | { readonly type: 'withdraw' };

/** Why an action cannot be done to an image. */
export const REFUSALS = {
  unanswered: 'no model has looked at it yet, and nobody has said what is on it',
  nothing_meant: 'nothing that counts on it is what the action is about',
  several_kinds: 'more than one kind that counts on it could be meant: say which',
  already_there: 'the detection is part of what counts on it already: relabel or reject it',
  too_many: 'an image holds at most 100 observations',
} as const;

export type Refusal = keyof typeof REFUSALS;

/** What becomes of an image. `observations` null: the machine counts again. */
export type Reviewed =
  | { readonly outcome: 'changed'; readonly observations: readonly ReviewedObservation[] | null }
  | { readonly outcome: 'unchanged' }
  | { readonly outcome: 'refused'; readonly reason: Refusal };

export const MOST_OBSERVATIONS = 100;

/**
 * The human's word after an action on what counts now, be it the machine's or a human's. An action on the machine's word makes it a human's,
 * also where nothing else changes by it; one that leaves a human's word as it is changes nothing.
 */
export function review(word: Word, action: ReviewAction): Reviewed {
  if (action.type === 'withdraw')
    return word.source === 'human' ? { outcome: 'changed', observations: null } : UNCHANGED;
  const after = wordAfter(word, action);
  if (typeof after === 'string') return { outcome: 'refused', reason: after };
  if (after.length > MOST_OBSERVATIONS) return { outcome: 'refused', reason: 'too_many' };
  return word.source === 'human' && isSame(word.observations, after)
    ? UNCHANGED
    : { outcome: 'changed', observations: after };
}

const UNCHANGED: Reviewed = { outcome: 'unchanged' };

function wordAfter(
  word: Word,
  action: Exclude<ReviewAction, { type: 'withdraw' }>,
): readonly ReviewedObservation[] | Refusal {
  switch (action.type) {
    case 'set':
      return action.observations;
    case 'blank':
      return [];
    case 'add':
      return add(word.observations, action.observation);
    default:
      // The others are about what counts: without that there is nothing that they could be about.
      if (word.source === 'none') return 'unanswered';
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
): readonly ReviewedObservation[] | Refusal {
  if (added.detectionId !== null && observations.some(({ detectionId }) => detectionId === added.detectionId))
    return 'already_there';
  return [...observations, added];
}

function relabel(
  observations: readonly ReviewedObservation[],
  { of, to }: Extract<ReviewAction, { type: 'relabel' }>,
): readonly ReviewedObservation[] | Refusal {
  const meant = observations.filter((one) => isMeant(one, of));
  if (meant.length === 0) return 'nothing_meant';
  // A person beside a deer does not become one because nobody said which is meant.
  if (new Set(meant.map(({ category }) => category)).size > 1) return 'several_kinds';
  return observations.map((one) => (meant.includes(one) ? { ...one, ...to } : one));
}

/** What people added of themselves stays: it rests on nothing that the machine found. */
function reject({ source, observations }: Word, of: Selection): readonly ReviewedObservation[] | Refusal {
  const left = observations.filter((one) => one.detectionId === null || !isMeant(one, of));
  // Rejected by a person before, it is not there any more, as is wished.
  return left.length === observations.length && source !== 'human' ? 'nothing_meant' : left;
}

/** The first keep what they are: in the machine's word those are the surest. */
function count(
  observations: readonly ReviewedObservation[],
  { of, individuals }: Extract<ReviewAction, { type: 'count' }>,
): readonly ReviewedObservation[] | Refusal {
  const meant = observations.filter((one) => isMeant(one, of));
  if (meant.length === 0) return 'nothing_meant';
  if (new Set(meant.map(({ category, label }) => `${category} ${label}`)).size > 1) return 'several_kinds';
  if (meant.reduce((sum, one) => sum + one.individuals, 0) === individuals) return observations;
  const kept = meant.slice(0, individuals);
  const counted = new Map(
    kept.map((one, place) => [one, { ...one, individuals: place === 0 ? individuals - kept.length + 1 : 1 }]),
  );
  return observations.flatMap((one) => counted.get(one) ?? (meant.includes(one) ? [] : [one]));
}

function isMeant(one: ReviewedObservation, { category, label, detectionId }: Selection): boolean {
  return (
    (category === undefined || one.category === category) &&
    (label === undefined || one.label === label) &&
    (detectionId === undefined || one.detectionId === detectionId)
  );
}

/** Whatever the order. */
function isSame(a: readonly ReviewedObservation[], b: readonly ReviewedObservation[]): boolean {
  return JSON.stringify(a.map(canonical).sort()) === JSON.stringify(b.map(canonical).sort());
}

function canonical({ category, label, taxonId, individuals, box, detectionId }: ReviewedObservation): string {
  return JSON.stringify([
    category,
    label,
    taxonId,
    individuals,
    box === null ? null : [box.x, box.y, box.width, box.height],
    detectionId,
  ]);
}
