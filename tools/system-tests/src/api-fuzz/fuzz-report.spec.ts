import { countsOf, findings, type FuzzReport } from './fuzz-report';

const CLEAN: FuzzReport = {
  complete: true,
  operations: { selected: 47, tested: 47 },
  test_cases: { generated: 5_000, errored: 0 },
  failures: [],
  errors: [],
  warnings: { missing_auth: [], rate_limited: [], missing_test_data: ['POST /api/v1/runs/{id}/cancel'] },
};

it('finds nothing when nothing failed and every operation was tested', () => {
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
  ['operations that were not tested', { operations: { selected: 47, tested: 40 } }, /only 40 of 47/],
  ['an incomplete run', { complete: false }, /operations were tested/],
  ['errors of its own', { errors: [{}] }, /1 errors/],
  ['a key without access', { warnings: { missing_auth: ['GET /a'] } }, /no access: GET \/a/],
  ['a rate limit', { warnings: { rate_limited: ['GET /a'] } }, /rate limited: GET \/a/],
])('does not accept %s as a clean run', (_what, change, line) => {
  const report = { ...CLEAN, ...change };
  expect(findings(report)).toEqual([expect.stringMatching(line)]);
  expect(countsOf(report, findings(report)).failed).toBe(1);
});
