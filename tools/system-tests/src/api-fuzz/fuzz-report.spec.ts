import { countsOf, findings, type FuzzReport } from './fuzz-report';

const CLEAN: FuzzReport = {
  complete: true,
  operations: { selected: 47, tested: 47 },
  test_cases: { generated: 5_000, errored: 0 },
  failures: [],
  errors: [],
  warnings: { missing_auth: [], rate_limited: [], missing_test_data: ['POST /api/v1/runs/{id}/cancel'] },
};

it('finds nothing where nothing failed and everything was asked', () => {
  expect(findings(CLEAN)).toEqual([]);
  expect(countsOf(CLEAN, [])).toEqual({ passed: 47, failed: 0, skipped: 0 });
});

it('names what failed and where, and counts operations', () => {
  const report = {
    ...CLEAN,
    failures: [
      { title: 'Server error', count: 2, operations: ['GET /a', 'POST /b'] },
      { title: 'Undocumented status code', count: 1, operations: ['GET /a'] },
    ],
  };
  expect(findings(report)).toEqual(['Server error: GET /a, POST /b', 'Undocumented status code: GET /a']);
  expect(countsOf(report, findings(report))).toEqual({ passed: 45, failed: 2, skipped: 0 });
});

it.each<[string, Partial<FuzzReport>, RegExp]>([
  ['operations that were left out', { operations: { selected: 47, tested: 40 } }, /only 40 of 47/],
  ['a run that was cut off', { complete: false }, /operations were tested/],
  ['errors of its own', { errors: [{}] }, /1 errors/],
  ['a key that does not let in', { warnings: { missing_auth: ['GET /a'] } }, /not let in: GET \/a/],
  ['a limit that it ran into', { warnings: { rate_limited: ['GET /a'] } }, /come later: GET \/a/],
])('does not take %s for a clean run', (_what, change, line) => {
  const report = { ...CLEAN, ...change };
  expect(findings(report)).toEqual([expect.stringMatching(line)]);
  expect(countsOf(report, findings(report)).failed).toBe(1);
});
