import { selectStages, STAGES } from './test-steps';

it('runs all stages, or the requested step', () => {
  expect(selectStages(undefined)).toBe(STAGES);
  expect(
    selectStages('int-test')
      ?.flat(2)
      .map(({ nx }) => nx.join(' ')),
  ).toEqual([
    'run-many -t int-test --parallel=1 --projects=@pugmark/gateway,@pugmark/db',
    'run-many -t int-test --parallel=1 --exclude=@pugmark/gateway,@pugmark/db,@pugmark/launcher',
    'run-many -t int-test --parallel=1 --projects=@pugmark/launcher',
  ]);
  expect(selectStages('api-fuzz')?.flat(2)).toMatchObject([{ needsServers: true, suites: ['api-fuzz'] }]);
  expect(
    selectStages('lint-workspace')
      ?.flat(2)
      .map(({ suites }) => suites),
  ).toEqual([[]]);
  expect(selectStages('nothing')).toBeUndefined();
});

it('runs the tests of each project in one step only', () => {
  const integration = STAGES.flat(2).filter(({ suites }) => suites.includes('integration'));
  for (const project of ['@pugmark/launcher', '@pugmark/db', '@pugmark/tasks'])
    expect(integration.filter(({ includes }) => includes(project))).toHaveLength(1);
});
