import { restartDelayMs } from './backoff';

it('doubles from half a second up to half a minute', () => {
  const most = (failures: number): number => restartDelayMs(failures, () => 1);
  expect([1, 2, 3, 7, 50].map(most)).toEqual([500, 1_000, 2_000, 30_000, 30_000]);
});

it('is at least half of that', () => expect(restartDelayMs(3, () => 0)).toBe(1_000));
