import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  describeSkippedTests,
  isGreen,
  parseResults,
  readResults,
  removeResults,
  totalCounts,
  type StepResult,
} from './test-results';

const result = (ok: boolean, passed: number, failed: number, skipped = 0): StepResult => ({
  name: 'step',
  seconds: 1,
  ok,
  counts: { passed, failed, skipped },
  skippedTests: skipped === 0 ? [] : [{ reason: 'no GPU', count: skipped }],
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

it('lists each reason for skipped tests once', () => {
  expect(describeSkippedTests([result(true, 1, 0, 2), result(true, 1, 0, 3), result(true, 1, 0)])).toEqual([
    '5 skipped: no GPU',
  ]);
});

it.each(['', '{"passed":1', '{"passed":"1","failed":0,"skipped":0}'])(
  'counts the broken result file %j as a failure',
  (text) => {
    expect(parseResults(text)).toMatchObject({ passed: 0, failed: 1, skipped: 0 });
  },
);

describe('result files', () => {
  let path: string;
  beforeEach(() => (path = mkdtempSync(join(tmpdir(), 'pugmark-results-'))));
  afterEach(() => rmSync(path, { recursive: true }));

  it('are read by suite, and removed before the suite runs again', () => {
    const projects = [{ name: '@pugmark/some', folder: 'libs/some', path, manifest: {} }];
    mkdirSync(join(path, 'dist', 'test-results'), { recursive: true });
    const write = (suite: string, passed: number): void =>
      writeFileSync(
        join(path, 'dist', 'test-results', `${suite}.json`),
        JSON.stringify({ passed, failed: 0, skipped: 1, skippedTests: [{ reason: 'no GPU', count: 1 }] }),
      );
    write('unit', 3);
    write('integration', 5);
    expect(readResults(projects, ['unit'])).toEqual({
      passed: 3,
      failed: 0,
      skipped: 1,
      skippedTests: [{ reason: 'no GPU', count: 1 }],
    });
    removeResults(projects, ['unit']);
    expect(readResults(projects, ['unit', 'integration']).passed).toBe(5);
  });
});
