import { judge, type Batch, type BatchInHand, type Item } from './blame';

function item(wireId: number): Item {
  return { wireId, image: { id: wireId, path: '' }, strikes: 0, settle: () => undefined };
}

function inHand(ids: readonly number[], started: readonly number[] = [], suspect = false): BatchInHand {
  const items = ids.map(item);
  return { batch: { items, suspect }, unanswered: new Map(items.map((each) => [each.wireId, each])), started: new Set(started) };
}

const CRASHED = { kind: 'crashed' };
const idsOf = (batches: readonly Batch[]) => batches.map(({ items }) => items.map(({ wireId }) => wireId));

describe('judge', () => {
  it('suspects only what was begun, in halves, and lets everything else go', () => {
    const verdict = judge([inHand([1, 2, 3, 4], [1, 2, 3]), inHand([5, 6])], CRASHED, 1);
    expect(idsOf(verdict.suspects)).toEqual([[1, 2], [3]]);
    expect(idsOf(verdict.innocent)).toEqual([[4], [5, 6]]);
    expect(verdict.suspects.every(({ suspect }) => suspect)).toBe(true);
    expect(verdict.innocent.some(({ suspect }) => suspect)).toBe(false);
    expect(verdict.culprit).toBeNull();
  });

  it('suspects of a process that hung only what its model looked at together: it answers in order', () => {
    const held = [inHand([1, 2, 3, 4], [1, 2, 3]), inHand([5, 6])];
    expect(idsOf(judge(held, { kind: 'hung' }, 1).suspects)).toEqual([[1]]);
    expect(idsOf(judge(held, { kind: 'hung' }, 1).innocent)).toEqual([[2, 3, 4], [5, 6]]);
    expect(idsOf(judge(held, { kind: 'hung' }, 2).suspects)).toEqual([[1], [2]]);
  });

  it('suspects the oldest batch of a process that said nothing', () => {
    const verdict = judge([inHand([1, 2, 3, 4, 5]), inHand([6, 7])], CRASHED, 1);
    expect(idsOf(verdict.suspects)).toEqual([[1, 2, 3], [4, 5]]);
    expect(idsOf(verdict.innocent)).toEqual([[6, 7]]);
  });

  it('gives a picture that was begun together with others a process of its own before it may be the culprit', () => {
    const verdict = judge([inHand([1, 2], [1])], CRASHED, 1);
    expect(idsOf(verdict.suspects)).toEqual([[1]]);
    expect(verdict.culprit).toBeNull();
  });

  it('names the culprit when a suspect was alone', () => {
    const verdict = judge([inHand([7], [7], true)], CRASHED, 1);
    expect(verdict).toMatchObject({ innocent: [], suspects: [], culprit: { wireId: 7 } });
  });

  it('has nothing to say about a process that held nothing', () => {
    expect(judge([], CRASHED, 1)).toEqual({ innocent: [], suspects: [], culprit: null });
    expect(judge([inHand([])], CRASHED, 1)).toEqual({ innocent: [], suspects: [], culprit: null });
  });
});
