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

const machine = (...observations: ReviewedObservation[]): EffectiveObservations => ({ source: 'machine', observations });
const human = (...observations: ReviewedObservation[]): EffectiveObservations => ({ source: 'human', observations });
const nobody: EffectiveObservations = { source: 'none', observations: [] };

const changed = (...observations: ReviewedObservation[]): object => ({ outcome: 'changed', observations });
const unchanged = { outcome: 'unchanged' };
const refused = (reason: string): object => ({ outcome: 'refused', reason });

const to = (label: string, category: Category = 'animal') => ({ category, label, taxonId: null });

const CASES: readonly (readonly [what: string, word: EffectiveObservations, action: ReviewAction, then: object])[] = [
  ['set: the word as it is said', machine(deer), { type: 'set', observations: [owl] }, changed(owl)],
  ['set: nothing is a blank', machine(deer), { type: 'set', observations: [] }, changed()],
  ['set: also where no model has looked', nobody, { type: 'set', observations: [owl] }, changed(owl)],
  [
    'set: what a human said already changes nothing, whatever the order',
    human(deer, owl),
    { type: 'set', observations: [owl, deer] },
    unchanged,
  ],
  [
    'set: what the machine says is a human’s word from then on',
    machine(deer),
    { type: 'set', observations: [deer] },
    changed(deer),
  ],

  ['verify: the machine’s word becomes a human’s', machine(deer, fox), { type: 'verify' }, changed(deer, fox)],
  ['verify: also that it is a blank', machine(), { type: 'verify' }, changed()],
  ['verify: a human’s word needs no second one', human(deer), { type: 'verify' }, unchanged],
  ['verify: of nothing said there is nothing to verify', nobody, { type: 'verify' }, refused('no_inference')],

  ['blank: nothing is there', machine(deer), { type: 'blank' }, changed()],
  ['blank: a person may say so before any model', nobody, { type: 'blank' }, changed()],
  ['blank: once is enough', human(), { type: 'blank' }, unchanged],
  ['blank: a human’s word too', human(owl), { type: 'blank' }, changed()],

  [
    'relabel: all that is there, boxes and numbers stay',
    machine(deer, fawn),
    { type: 'relabel', of: {}, to: to('cow') },
    changed({ ...deer, label: 'cow' }, { ...fawn, label: 'cow' }),
  ],
  [
    'relabel: one detection',
    machine(deer, fawn),
    { type: 'relabel', of: { detectionId: 2 }, to: to('cow') },
    changed(deer, { ...fawn, label: 'cow' }),
  ],
  [
    'relabel: one label',
    machine(deer, fox),
    { type: 'relabel', of: { label: 'fox' }, to: to('dog') },
    changed(deer, { ...fox, label: 'dog' }),
  ],
  [
    'relabel: the category too',
    machine(walker),
    { type: 'relabel', of: {}, to: to('bear') },
    changed({ ...walker, category: 'animal', label: 'bear' }),
  ],
  [
    'relabel: a person beside a deer stays one',
    machine(deer, walker),
    { type: 'relabel', of: { category: 'animal' }, to: to('elk') },
    changed({ ...deer, label: 'elk' }, walker),
  ],
  [
    'relabel: of several categories one must be meant',
    machine(deer, walker),
    { type: 'relabel', of: {}, to: to('elk') },
    refused('ambiguous_selection'),
  ],
  [
    'relabel: what a human added is relabelled too',
    human(owl),
    { type: 'relabel', of: {}, to: to('eagle') },
    changed({ ...owl, label: 'eagle' }),
  ],
  [
    'relabel: to what the machine calls it is a human’s word',
    machine(deer),
    { type: 'relabel', of: {}, to: to('deer') },
    changed(deer),
  ],
  [
    'relabel: to what the human called it changes nothing',
    human(deer),
    { type: 'relabel', of: {}, to: to('deer') },
    unchanged,
  ],
  [
    'relabel: on a blank nothing can be meant',
    machine(),
    { type: 'relabel', of: {}, to: to('deer') },
    refused('no_match'),
  ],
  [
    'relabel: a detection that does not count is not meant',
    machine(deer),
    { type: 'relabel', of: { detectionId: 9 }, to: to('elk') },
    refused('no_match'),
  ],
  ['relabel: needs a word', nobody, { type: 'relabel', of: {}, to: to('deer') }, refused('no_inference')],

  ['reject: all that the machine found', machine(deer, walker), { type: 'reject', of: {} }, changed()],
  ['reject: one detection', machine(deer, fawn), { type: 'reject', of: { detectionId: 1 } }, changed(fawn)],
  ['reject: a category', machine(deer, walker), { type: 'reject', of: { category: 'animal' } }, changed(walker)],
  ['reject: what a human added stays', human(deer, owl), { type: 'reject', of: {} }, changed(owl)],
  ['reject: what was rejected already stays so', human(fawn), { type: 'reject', of: { detectionId: 1 } }, unchanged],
  [
    'reject: on a blank of the machine nothing can be meant',
    machine(),
    { type: 'reject', of: {} },
    refused('no_match'),
  ],
  [
    'reject: a detection that does not count is not meant',
    machine(deer),
    { type: 'reject', of: { detectionId: 9 } },
    refused('no_match'),
  ],
  ['reject: needs a word', nobody, { type: 'reject', of: {} }, refused('no_inference')],

  ['add: beside what the machine found', machine(deer), { type: 'add', observation: owl }, changed(deer, owl)],
  ['add: beside what a human said', human(owl), { type: 'add', observation: owl }, changed(owl, owl)],
  ['add: on a blank', machine(), { type: 'add', observation: owl }, changed(owl)],
  ['add: where no model has looked', nobody, { type: 'add', observation: owl }, changed(owl)],
  ['add: a detection that does not count', machine(deer), { type: 'add', observation: fox }, changed(deer, fox)],
  [
    'add: not a detection that counts already',
    machine(deer),
    { type: 'add', observation: { ...deer, label: 'elk' } },
    refused('duplicate_detection'),
  ],
  [
    'add: not beyond what an image holds',
    human(...Array.from({ length: 100 }, () => owl)),
    { type: 'add', observation: owl },
    refused('too_many_observations'),
  ],

  [
    'count: one box, several in it',
    machine(deer),
    { type: 'count', of: {}, individuals: 5 },
    changed({ ...deer, individuals: 5 }),
  ],
  [
    'count: the first box takes what the others do not show',
    machine(deer, fawn),
    { type: 'count', of: {}, individuals: 5 },
    changed({ ...deer, individuals: 4 }, fawn),
  ],
  [
    'count: fewer than boxes leaves the first ones',
    machine(deer, fawn, fox),
    { type: 'count', of: { label: 'deer' }, individuals: 1 },
    changed(deer, fox),
  ],
  [
    'count: the machine’s number becomes a human’s',
    machine(deer, fawn),
    { type: 'count', of: {}, individuals: 2 },
    changed(deer, fawn),
  ],
  [
    'count: the same number changes nothing',
    human({ ...deer, individuals: 3 }, { ...fawn, individuals: 2 }),
    { type: 'count', of: {}, individuals: 5 },
    unchanged,
  ],
  [
    'count: of several kinds one must be meant',
    machine(deer, fox),
    { type: 'count', of: {}, individuals: 2 },
    refused('ambiguous_selection'),
  ],
  [
    'count: of one of several kinds',
    machine(deer, fox),
    { type: 'count', of: { label: 'fox' }, individuals: 2 },
    changed(deer, { ...fox, individuals: 2 }),
  ],
  [
    'count: what is not there is not counted',
    machine(deer),
    { type: 'count', of: { label: 'fox' }, individuals: 2 },
    refused('no_match'),
  ],
  ['count: needs a word', nobody, { type: 'count', of: {}, individuals: 2 }, refused('no_inference')],

  ['withdraw: the machine counts again', human(deer), { type: 'withdraw' }, { outcome: 'changed', observations: null }],
  ['withdraw: there is nothing to take back', machine(deer), { type: 'withdraw' }, unchanged],
  ['withdraw: nor where nobody said anything', nobody, { type: 'withdraw' }, unchanged],
];

describe('a review', () => {
  it.each(CASES)('%s', (_what, word, action, then) => expect(applyReviewAction(word, action)).toEqual(then));
});
