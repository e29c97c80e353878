import { withDeadline } from './deadline';
import { intersectionOverUnion } from './detection';
import { etaSeconds, ratePerMinute } from './progress';
import { TASK_POLICIES, backoffSeconds } from './task';

describe('intersection over union', () => {
  const box = { x: 0.1, y: 0.1, width: 0.4, height: 0.2 };

  it('is 1 for the same box and 0 for disjoint boxes', () => {
    expect(intersectionOverUnion(box, box)).toBeCloseTo(1);
    expect(intersectionOverUnion(box, { ...box, x: 0.6 })).toBe(0);
    expect(intersectionOverUnion(box, { ...box, x: 0.5 })).toBe(0);
  });

  it('is a third for a box moved by half its width', () => {
    expect(intersectionOverUnion(box, { ...box, x: 0.3 })).toBeCloseTo(1 / 3);
  });
});

describe('progress', () => {
  it('returns rate and remaining time', () => {
    expect(ratePerMinute(30, 60)).toBe(30);
    expect(etaSeconds(45, 30)).toBe(90);
  });

  it('is 0 when nothing remains, and null when nothing was finished', () => {
    expect(etaSeconds(0, 0)).toBe(0);
    expect(etaSeconds(10, 0)).toBeNull();
    expect(ratePerMinute(0, 0)).toBe(0);
  });
});

describe('backoff', () => {
  it('doubles with each attempt up to its limit', () => {
    expect([1, 2, 3, 4].map((attempt) => backoffSeconds(TASK_POLICIES.detect, attempt))).toEqual([1, 2, 4, 8]);
    expect(backoffSeconds(TASK_POLICIES.detect, 50)).toBe(60);
  });
});

describe('a deadline', () => {
  it('returns a result that came in time', async () => {
    expect(await withDeadline(Promise.resolve(7), 1_000, 'it')).toBe(7);
    await expect(withDeadline(Promise.reject(new Error('no')), 1_000, 'it')).rejects.toThrow('no');
  });

  it('rejects with a retryable error that names the operation when there is no result in time', async () => {
    await expect(withDeadline(new Promise(() => undefined), 5, 'the broker')).rejects.toMatchObject({
      code: 'deadline_exceeded',
      message: 'the broker did not answer within 5 ms',
    });
  });
});
