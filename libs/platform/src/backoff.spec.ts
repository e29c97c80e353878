import { backoffMs, withJitter } from './backoff';

describe('backoff', () => {
  const limits = { firstMs: 100, maxMs: 5_000 };

  afterEach(() => jest.restoreAllMocks());

  it.each([
    ['the shortest jitter', 0, 50, 200, 2_500],
    ['the longest jitter', 1, 100, 400, 5_000],
  ])('doubles up to its maximum, with %s', (_jitter, random, first, third, last) => {
    jest.spyOn(Math, 'random').mockReturnValue(random);
    expect(backoffMs(0, limits)).toBe(first);
    expect(backoffMs(2, limits)).toBe(third);
    expect(backoffMs(10, limits)).toBe(last);
    // 2 ** 2000 is Infinity.
    expect(backoffMs(2_000, limits)).toBe(last);
  });

  it('adds a jitter of at most half of the duration', () => {
    const samples = Array.from({ length: 1_000 }, () => withJitter(200));
    expect(Math.min(...samples)).toBeGreaterThanOrEqual(100);
    expect(Math.max(...samples)).toBeLessThanOrEqual(200);
    expect(new Set(samples).size).toBeGreaterThan(1);
  });
});
