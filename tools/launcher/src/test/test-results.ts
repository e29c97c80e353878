import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Project } from './projects';

export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** Tests that were skipped because of the machine. */
export interface SkippedTests {
  readonly reason: string;
  readonly count: number;
}

/** Results file of one project's suite: `dist/test-results/<suite>.json`. */
export interface SuiteResults extends Counts {
  readonly skippedTests: readonly SkippedTests[];
}

export const NO_TESTS: Counts = { passed: 0, failed: 0, skipped: 0 };

export function addCounts(a: Counts, b: Counts): Counts {
  return { passed: a.passed + b.passed, failed: a.failed + b.failed, skipped: a.skipped + b.skipped };
}

/** Removes the results of earlier runs: those of a suite that does not run now must not be counted. */
export function removeResults(projects: readonly Project[], suites: readonly string[]): void {
  for (const file of resultFiles(projects, suites)) rmSync(file);
}

/** Reads what the reporters wrote. An unreadable file counts as a failure, so that the sum is never too good. */
export function readResults(projects: readonly Project[], suites: readonly string[]): SuiteResults {
  const results = resultFiles(projects, suites).map((file) => parseResults(readFileSync(file, 'utf8')));
  return {
    ...results.reduce<Counts>(addCounts, NO_TESTS),
    skippedTests: results.flatMap(({ skippedTests }) => skippedTests),
  };
}

function resultFiles(projects: readonly Project[], suites: readonly string[]): string[] {
  return projects.flatMap(({ path }) => {
    const folder = join(path, 'dist', 'test-results');
    const present = readdirOrNone(folder);
    return suites.filter((suite) => present.includes(`${suite}.json`)).map((suite) => join(folder, `${suite}.json`));
  });
}

function readdirOrNone(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

export function parseResults(text: string): SuiteResults {
  try {
    const { passed, failed, skipped, skippedTests = [] } = JSON.parse(text) as SuiteResults;
    if ([passed, failed, skipped].every((count) => Number.isInteger(count)))
      return { passed, failed, skipped, skippedTests };
  } catch {
    // Written incompletely.
  }
  return { passed: 0, failed: 1, skipped: 0, skippedTests: [] };
}

export interface StepResult {
  readonly name: string;
  readonly seconds: number;
  readonly ok: boolean;
  /** Why it could not even run. */
  readonly problem?: string;
  readonly counts: Counts;
  readonly skippedTests: readonly SkippedTests[];
}

/** The sum of all steps. A step that failed without a failed test (a lint error, say) counts as one failure. */
export function totalCounts(results: readonly StepResult[]): Counts {
  return results
    .map(({ ok, counts }) => (!ok && counts.failed === 0 ? { ...counts, failed: 1 } : counts))
    .reduce(addCounts, NO_TESTS);
}

/** Whether everything that ran passed, and, if there must be tests, at least one ran. */
export function isGreen(results: readonly StepResult[], mustHaveTests: boolean): boolean {
  const { passed, failed } = totalCounts(results);
  return failed === 0 && results.every(({ ok }) => ok) && (passed > 0 || !mustHaveTests);
}

/** One line for each reason for which tests were skipped. */
export function describeSkippedTests(results: readonly StepResult[]): string[] {
  const counts = new Map<string, number>();
  for (const { reason, count } of results.flatMap(({ skippedTests }) => skippedTests))
    counts.set(reason, (counts.get(reason) ?? 0) + count);
  return [...counts].map(([reason, count]) => `${count} skipped: ${reason}`);
}
