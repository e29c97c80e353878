import type { Category } from './detection';
import { applyReviewAction, type ReviewAction, type ReviewedObservation, type EffectiveObservations } from './review';

const BOX = { x: 0.1, y: 0.1, width: 0.2, height: 0.2 };

function one(label: string, more: Partial<ReviewedObservation> = {}): ReviewedObservation {
  return { category: 'animal', label, taxonId: null, individuals: 1, box: null, detectionId: null, ...more };
}

const deer = one('deer', { box: BOX, detectionId: 1 });
const fawn = one('deer', { box: BOX, detectionId: 2 });
const fox = one('fox', { box: BOX, detectionId: 3 });
const walker = one('person', { category: 'person', box: BOX, detectionId: 4 });
const owl = one('owl', { box: BOX });

const machine = (...observations: ReviewedObservation[]): EffectiveObservations => ({
  source: 'machine',
  observations,
});
const human = (...observations: ReviewedObservation[]): EffectiveObservations => ({ source: 'human', observations });
const unreviewed: EffectiveObservations = { source: 'none', observations: [] };

const changed = (...observations: ReviewedObservation[]): object => ({ outcome: 'changed', observations });
const unchanged = { outcome: 'unchanged' };
const refused = (reason: string): object => ({ outcome: 'refused', reason });

const to = (label: string, category: Category = 'animal') => ({ category, label, taxonId: null });

const CASES: readonly (readonly [
  what: string,
  effective: EffectiveObservations,
  action: ReviewAction,
  then: object,
])[] = [
  ['set: replaces the observations', machine(deer), { type: 'set', observations: [owl] }, changed(owl)],
  ['set: an empty list is a blank', machine(deer), { type: 'set', observations: [] }, changed()],
  ['set: works without any inference', unreviewed, { type: 'set', observations: [owl] }, changed(owl)],
  [
    'set: changes nothing when a human recorded the same, in any order',
    human(deer, owl),
    { type: 'set', observations: [owl, deer] },
    unchanged,
  ],
  [
    'set: turns the machine’s observations into a human annotation',
    machine(deer),
    { type: 'set', observations: [deer] },
    changed(deer),
  ],

  [
    'verify: turns the machine’s observations into a human annotation',
    machine(deer, fox),
    { type: 'verify' },
    changed(deer, fox),
  ],
  ['verify: also confirms a blank', machine(), { type: 'verify' }, changed()],
  ['verify: changes nothing on a human annotation', human(deer), { type: 'verify' }, unchanged],
  ['verify: is refused when there is no inference', unreviewed, { type: 'verify' }, refused('no_inference')],

  ['blank: removes all observations', machine(deer), { type: 'blank' }, changed()],
  ['blank: works without any inference', unreviewed, { type: 'blank' }, changed()],
  ['blank: changes nothing on a human blank', human(), { type: 'blank' }, unchanged],
  ['blank: replaces a human annotation', human(owl), { type: 'blank' }, changed()],

  [
    'relabel: changes all observations and keeps boxes and numbers',
    machine(deer, fawn),
    { type: 'relabel', of: {}, to: to('cow') },
    changed({ ...deer, label: 'cow' }, { ...fawn, label: 'cow' }),
  ],
  [
    'relabel: changes one detection',
    machine(deer, fawn),
    { type: 'relabel', of: { detectionId: 2 }, to: to('cow') },
    changed(deer, { ...fawn, label: 'cow' }),
  ],
  [
    'relabel: changes one label',
    machine(deer, fox),
    { type: 'relabel', of: { label: 'fox' }, to: to('dog') },
    changed(deer, { ...fox, label: 'dog' }),
  ],
  [
    'relabel: changes the category too',
    machine(walker),
    { type: 'relabel', of: {}, to: to('bear') },
    changed({ ...walker, category: 'animal', label: 'bear' }),
  ],
  [
    'relabel: does not change a person next to a deer',
    machine(deer, walker),
    { type: 'relabel', of: { category: 'animal' }, to: to('elk') },
    changed({ ...deer, label: 'elk' }, walker),
  ],
  [
    'relabel: is refused when several categories match',
    machine(deer, walker),
    { type: 'relabel', of: {}, to: to('elk') },
    refused('ambiguous_selection'),
  ],
  [
    'relabel: also changes what a human added',
    human(owl),
    { type: 'relabel', of: {}, to: to('eagle') },
    changed({ ...owl, label: 'eagle' }),
  ],
  [
    'relabel: to the machine’s label makes it a human annotation',
    machine(deer),
    { type: 'relabel', of: {}, to: to('deer') },
    changed(deer),
  ],
  [
    'relabel: to the human’s label changes nothing',
    human(deer),
    { type: 'relabel', of: {}, to: to('deer') },
    unchanged,
  ],
  ['relabel: is refused on a blank', machine(), { type: 'relabel', of: {}, to: to('deer') }, refused('no_match')],
  [
    'relabel: is refused for a detection that is not effective',
    machine(deer),
    { type: 'relabel', of: { detectionId: 9 }, to: to('elk') },
    refused('no_match'),
  ],
  [
    'relabel: is refused when there is no inference',
    unreviewed,
    { type: 'relabel', of: {}, to: to('deer') },
    refused('no_inference'),
  ],

  ['reject: removes all machine detections', machine(deer, walker), { type: 'reject', of: {} }, changed()],
  ['reject: removes one detection', machine(deer, fawn), { type: 'reject', of: { detectionId: 1 } }, changed(fawn)],
  [
    'reject: removes a category',
    machine(deer, walker),
    { type: 'reject', of: { category: 'animal' } },
    changed(walker),
  ],
  ['reject: keeps what a human added', human(deer, owl), { type: 'reject', of: {} }, changed(owl)],
  [
    'reject: changes nothing when it was rejected before',
    human(fawn),
    { type: 'reject', of: { detectionId: 1 } },
    unchanged,
  ],
  ['reject: is refused on a machine blank', machine(), { type: 'reject', of: {} }, refused('no_match')],
  [
    'reject: is refused for a detection that is not effective',
    machine(deer),
    { type: 'reject', of: { detectionId: 9 } },
    refused('no_match'),
  ],
  ['reject: is refused when there is no inference', unreviewed, { type: 'reject', of: {} }, refused('no_inference')],

  ['add: appends to the machine’s observations', machine(deer), { type: 'add', observation: owl }, changed(deer, owl)],
  ['add: appends to a human annotation', human(owl), { type: 'add', observation: owl }, changed(owl, owl)],
  ['add: works on a blank', machine(), { type: 'add', observation: owl }, changed(owl)],
  ['add: works without any inference', unreviewed, { type: 'add', observation: owl }, changed(owl)],
  [
    'add: accepts a detection that is not effective',
    machine(deer),
    { type: 'add', observation: fox },
    changed(deer, fox),
  ],
  [
    'add: is refused for a detection that is effective already',
    machine(deer),
    { type: 'add', observation: { ...deer, label: 'elk' } },
    refused('duplicate_detection'),
  ],
  [
    'add: is refused beyond the maximum number of observations',
    human(...Array.from({ length: 100 }, () => owl)),
    { type: 'add', observation: owl },
    refused('too_many_observations'),
  ],

  [
    'count: one box with several individuals',
    machine(deer),
    { type: 'count', of: {}, individuals: 5 },
    changed({ ...deer, individuals: 5 }),
  ],
  [
    'count: the first box gets the remaining individuals',
    machine(deer, fawn),
    { type: 'count', of: {}, individuals: 5 },
    changed({ ...deer, individuals: 4 }, fawn),
  ],
  [
    'count: fewer than boxes keeps the first ones',
    machine(deer, fawn, fox),
    { type: 'count', of: { label: 'deer' }, individuals: 1 },
    changed(deer, fox),
  ],
  [
    'count: turns the machine’s number into a human annotation',
    machine(deer, fawn),
    { type: 'count', of: {}, individuals: 2 },
    changed(deer, fawn),
  ],
  [
    'count: changes nothing for the same number',
    human({ ...deer, individuals: 3 }, { ...fawn, individuals: 2 }),
    { type: 'count', of: {}, individuals: 5 },
    unchanged,
  ],
  [
    'count: is refused when several labels match',
    machine(deer, fox),
    { type: 'count', of: {}, individuals: 2 },
    refused('ambiguous_selection'),
  ],
  [
    'count: changes one of several labels',
    machine(deer, fox),
    { type: 'count', of: { label: 'fox' }, individuals: 2 },
    changed(deer, { ...fox, individuals: 2 }),
  ],
  [
    'count: is refused for a label that is absent',
    machine(deer),
    { type: 'count', of: { label: 'fox' }, individuals: 2 },
    refused('no_match'),
  ],
  [
    'count: is refused when there is no inference',
    unreviewed,
    { type: 'count', of: {}, individuals: 2 },
    refused('no_inference'),
  ],

  [
    'withdraw: restores the machine’s observations',
    human(deer),
    { type: 'withdraw' },
    { outcome: 'changed', observations: null },
  ],
  ['withdraw: changes nothing without a human annotation', machine(deer), { type: 'withdraw' }, unchanged],
  ['withdraw: changes nothing without any observations', unreviewed, { type: 'withdraw' }, unchanged],
];

describe('a review', () => {
  it.each(CASES)('%s', (_what, effective, action, then) => expect(applyReviewAction(effective, action)).toEqual(then));
});
