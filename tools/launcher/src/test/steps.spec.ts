import { selectSteps, STEPS } from './steps';

it('runs all steps, or the one that was asked for', () => {
  expect(selectSteps(undefined)).toBe(STEPS);
  expect(selectSteps('int-test')?.map(({ nx }) => nx.join(' '))).toEqual(['run-many -t int-test --parallel=1']);
  expect(selectSteps('api-fuzz')).toMatchObject([{ needsServices: true, hasTests: true }]);
  expect(selectSteps('lint')?.map(({ hasTests }) => hasTests)).toEqual([false]);
  expect(selectSteps('nothing')).toBeUndefined();
});
