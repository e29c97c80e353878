import { isGreen, parseCounts, totalCounts, type StepResult } from './counts';

const result = (ok: boolean, passed: number, failed: number, skipped = 0): StepResult => ({
  name: 'step',
  seconds: 1,
  ok,
  counts: { passed, failed, skipped },
});

it('adds up all steps', () => {
  const results = [result(true, 10, 0, 1), result(false, 4, 2)];
  expect(totalCounts(results)).toEqual({ passed: 14, failed: 2, skipped: 1 });
  expect(isGreen(results, true)).toBe(false);
});

it('counts a step that failed without a failed test as one', () => {
  const results = [result(false, 10, 0)];
  expect(totalCounts(results)).toEqual({ passed: 10, failed: 1, skipped: 0 });
  expect(isGreen(results, true)).toBe(false);
});

it('is not green when nothing was tested, unless the step has no tests', () => {
  expect(isGreen([result(true, 0, 0)], true)).toBe(false);
  expect(isGreen([result(true, 0, 0)], false)).toBe(true);
  expect(isGreen([result(true, 1, 0)], true)).toBe(true);
});

it.each(['', '{"passed":1', '{"passed":"1","failed":0,"skipped":0}'])(
  'takes the broken count file %j for a failure',
  (text) => {
    expect(parseCounts(text)).toEqual({ passed: 0, failed: 1, skipped: 0 });
  },
);
