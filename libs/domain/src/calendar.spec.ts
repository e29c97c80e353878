import { daysInSteps, stepsBetween } from './calendar';

describe('steps of a calendar', () => {
  // Weeks by ISO 8601: 29 December 2025 is the Monday of the week 2026-W01, 28 December 2026 that of 2026-W53.
  it.each([
    ['day', '2026-02-27', '2026-03-02', ['2026-02-27', '2026-02-28', '2026-03-01', '2026-03-02']],
    ['day', '2028-02-28', '2028-03-01', ['2028-02-28', '2028-02-29', '2028-03-01']],
    ['week', '2026-01-01', '2026-01-05', ['2025-12-29', '2026-01-05']],
    ['week', '2027-01-03', '2027-01-03', ['2026-12-28']],
    ['week', '1969-12-31', '1970-01-05', ['1969-12-29', '1970-01-05']],
    ['month', '2026-11-30', '2027-01-01', ['2026-11-01', '2026-12-01', '2027-01-01']],
    ['day', '2026-03-02', '2026-03-01', []],
  ] as const)('%s from %s to %s', (step, first, last, steps) => {
    expect(stepsBetween(first, last, step, 100)).toEqual(steps);
  });

  it('are not listed when there would be too many', () => {
    expect(stepsBetween('2026-01-01', '2026-01-10', 'day', 10)).toHaveLength(10);
    expect(stepsBetween('2026-01-01', '2026-01-11', 'day', 10)).toBeNull();
  });

  it('sum the days of ranges within and across steps', () => {
    const ranges = [
      { from: '2026-01-30', to: '2026-02-03' },
      { from: '2026-02-01', to: '2026-02-02' },
      { from: '2026-02-02', to: '2026-02-02' },
      { from: '2025-12-01', to: '2026-01-02' },
      { from: '2026-03-30', to: '2026-12-31' },
    ];
    // January: 1, and 30 and 31. February: 1 twice and 2. March: 30 and 31.
    expect(daysInSteps(ranges, ['2026-01-01', '2026-02-01', '2026-03-01'], 'month')).toEqual([3, 3, 2]);
    expect(daysInSteps(ranges, ['2026-01-31', '2026-02-01', '2026-02-02', '2026-02-03'], 'day')).toEqual([1, 2, 1, 0]);
    expect(daysInSteps(ranges, [], 'day')).toEqual([]);
  });
});
