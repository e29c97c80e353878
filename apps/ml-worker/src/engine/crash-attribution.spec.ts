import { judge, type Batch, type BatchInHand, type Item } from './crash-attribution';
import type { ModelRef } from './engine-protocol';

const model = (batch: number, key = 'a 1') => ({ key, manifest: { batch }, folder: '' }) as ModelRef;

function item(wireId: number): Item {
  return { wireId, image: { id: wireId, path: '' }, strikes: 0, settle: () => undefined };
}

function inHand(ids: readonly number[], started: readonly number[] = [], suspect = false, of = model(1)): BatchInHand {
  const items = ids.map(item);
  return {
    batch: { model: of, items, suspect },
    unanswered: new Map(items.map((each) => [each.wireId, each])),
    started: new Set(started),
  };
}

const CRASHED = { kind: 'crashed' };
const idsOf = (batches: readonly Batch[]) => batches.map(({ items }) => items.map(({ wireId }) => wireId));

describe('judge', () => {
  it('suspects only what was begun, in halves, and lets everything else go', () => {
    const verdict = judge([inHand([1, 2, 3, 4], [1, 2, 3]), inHand([5, 6])], CRASHED);
    expect(idsOf(verdict.suspects)).toEqual([[1, 2], [3]]);
    expect(idsOf(verdict.innocent)).toEqual([[4], [5, 6]]);
    expect(verdict.suspects.every(({ suspect }) => suspect)).toBe(true);
    expect(verdict.innocent.some(({ suspect }) => suspect)).toBe(false);
    expect(verdict.culprit).toBeNull();
  });

  it('suspects of a process that hung only what its model looked at together: it answers in order', () => {
    const held = (batch: number) => [inHand([1, 2, 3, 4], [1, 2, 3], false, model(batch)), inHand([5, 6])];
    expect(idsOf(judge(held(1), { kind: 'hung' }).suspects)).toEqual([[1]]);
    expect(idsOf(judge(held(1), { kind: 'hung' }).innocent)).toEqual([
      [2, 3, 4],
      [5, 6],
    ]);
    expect(idsOf(judge(held(2), { kind: 'hung' }).suspects)).toEqual([[1], [2]]);
  });

  it('suspects the oldest batch of a process that said nothing', () => {
    const verdict = judge([inHand([1, 2, 3, 4, 5]), inHand([6, 7])], CRASHED);
    expect(idsOf(verdict.suspects)).toEqual([
      [1, 2, 3],
      [4, 5],
    ]);
    expect(idsOf(verdict.innocent)).toEqual([[6, 7]]);
  });

  it('gives a picture that was begun together with others a process of its own before it may be the culprit', () => {
    const verdict = judge([inHand([1, 2], [1])], CRASHED);
    expect(idsOf(verdict.suspects)).toEqual([[1]]);
    expect(verdict.culprit).toBeNull();
  });

  it('names the culprit when a suspect was alone', () => {
    const verdict = judge([inHand([7], [7], true)], CRASHED);
    expect(verdict).toMatchObject({ innocent: [], suspects: [], culprit: { item: { wireId: 7 } } });
  });

  it('keeps pictures of different models apart, each with its own model', () => {
    const verdict = judge([inHand([1, 2, 3], [2, 3]), inHand([4, 5], [4], false, model(1, 'b 1'))], CRASHED);
    expect(verdict.suspects.map(({ model: { key }, items }) => [key, items.map(({ wireId }) => wireId)])).toEqual([
      ['a 1', [2, 3]],
      ['b 1', [4]],
    ]);
    expect(verdict.innocent.map(({ model: { key }, items }) => [key, items.map(({ wireId }) => wireId)])).toEqual([
      ['a 1', [1]],
      ['b 1', [5]],
    ]);
  });

  it('has nothing to say about a process that held nothing', () => {
    expect(judge([], CRASHED)).toEqual({ innocent: [], suspects: [], culprit: null });
    expect(judge([inHand([])], CRASHED)).toEqual({ innocent: [], suspects: [], culprit: null });
  });
});
