import { attributeCrash, type Batch, type BatchInFlight, type QueuedImage } from './crash-attribution';
import type { ModelRef } from './engine-protocol';

const model = (batch: number, key = 'a 1') => ({ key, manifest: { batch }, folder: '' }) as ModelRef;

function item(wireId: number): QueuedImage {
  return {
    wireId,
    image: { id: wireId, path: '' },
    failedAttempts: 0,
    settle: () => undefined,
    onProgress: () => undefined,
  };
}

function inFlight(
  ids: readonly number[],
  started: readonly number[] = [],
  isolated = false,
  of = model(1),
): BatchInFlight {
  const items = ids.map(item);
  return {
    batch: { model: of, items, isolated },
    pending: new Map(items.map((each) => [each.wireId, each])),
    started: new Set(started),
  };
}

const CRASHED = { kind: 'crashed' };
const idsOf = (batches: readonly Batch[]) => batches.map(({ items }) => items.map(({ wireId }) => wireId));

describe('attributeCrash', () => {
  it('isolates only started images, in halves, and clears all others', () => {
    const result = attributeCrash([inFlight([1, 2, 3, 4], [1, 2, 3]), inFlight([5, 6])], CRASHED);
    expect(idsOf(result.isolated)).toEqual([[1, 2], [3]]);
    expect(idsOf(result.cleared)).toEqual([[4], [5, 6]]);
    expect(result.isolated.every(({ isolated }) => isolated)).toBe(true);
    expect(result.cleared.some(({ isolated }) => isolated)).toBe(false);
    expect(result.offending).toBeNull();
  });

  it('isolates only the first batch of the model when a process hung, because it answers in order', () => {
    const inProgress = (batch: number) => [inFlight([1, 2, 3, 4], [1, 2, 3], false, model(batch)), inFlight([5, 6])];
    expect(idsOf(attributeCrash(inProgress(1), { kind: 'hung' }).isolated)).toEqual([[1]]);
    expect(idsOf(attributeCrash(inProgress(1), { kind: 'hung' }).cleared)).toEqual([
      [2, 3, 4],
      [5, 6],
    ]);
    expect(idsOf(attributeCrash(inProgress(2), { kind: 'hung' }).isolated)).toEqual([[1], [2]]);
  });

  it('isolates the oldest batch when a process reported no started image', () => {
    const result = attributeCrash([inFlight([1, 2, 3, 4, 5]), inFlight([6, 7])], CRASHED);
    expect(idsOf(result.isolated)).toEqual([
      [1, 2, 3],
      [4, 5],
    ]);
    expect(idsOf(result.cleared)).toEqual([[6, 7]]);
  });

  it('isolates an image that was started together with others before it can be the offending one', () => {
    const result = attributeCrash([inFlight([1, 2], [1])], CRASHED);
    expect(idsOf(result.isolated)).toEqual([[1]]);
    expect(result.offending).toBeNull();
  });

  it('attributes the crash to an image that was alone in the process', () => {
    const result = attributeCrash([inFlight([7], [7], true)], CRASHED);
    expect(result).toMatchObject({ cleared: [], isolated: [], offending: { item: { wireId: 7 } } });
  });

  it('keeps images of different models apart, each with its own model', () => {
    const result = attributeCrash(
      [inFlight([1, 2, 3], [2, 3]), inFlight([4, 5], [4], false, model(1, 'b 1'))],
      CRASHED,
    );
    expect(result.isolated.map(({ model: { key }, items }) => [key, items.map(({ wireId }) => wireId)])).toEqual([
      ['a 1', [2, 3]],
      ['b 1', [4]],
    ]);
    expect(result.cleared.map(({ model: { key }, items }) => [key, items.map(({ wireId }) => wireId)])).toEqual([
      ['a 1', [1]],
      ['b 1', [5]],
    ]);
  });

  it('attributes nothing to a process without images in flight', () => {
    expect(attributeCrash([], CRASHED)).toEqual({ cleared: [], isolated: [], offending: null });
    expect(attributeCrash([inFlight([])], CRASHED)).toEqual({ cleared: [], isolated: [], offending: null });
  });
});
