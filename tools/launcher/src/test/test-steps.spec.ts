import { selectStages, STAGES } from './test-steps';

it('runs all stages, or the step that was asked for', () => {
  expect(selectStages(undefined)).toBe(STAGES);
  expect(
    selectStages('int-test')
      ?.flat(2)
      .map(({ nx }) => nx.join(' ')),
  ).toEqual(['run-many -t int-test --parallel=1']);
  expect(selectStages('api-fuzz')?.flat(2)).toMatchObject([{ needsServers: true, suites: ['api-fuzz'] }]);
  expect(
    selectStages('lint')
      ?.flat(2)
      .map(({ suites }) => suites),
  ).toEqual([[]]);
  expect(selectStages('nothing')).toBeUndefined();
});
