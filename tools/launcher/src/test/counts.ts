import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

export const NO_TESTS: Counts = { passed: 0, failed: 0, skipped: 0 };

export function addCounts(a: Counts, b: Counts): Counts {
  return { passed: a.passed + b.passed, failed: a.failed + b.failed, skipped: a.skipped + b.skipped };
}

/** Adds up what each suite's reporter wrote into the folder. A file that cannot be read counts as a failure: the sum must never be too good. */
export function readCounts(folder: string): Counts {
  const files = readdirSync(folder).filter((name) => name.endsWith('.json'));
  return files.map((name) => parseCounts(readFileSync(join(folder, name), 'utf8'))).reduce(addCounts, NO_TESTS);
}

export function parseCounts(text: string): Counts {
  try {
    const { passed, failed, skipped } = JSON.parse(text) as Counts;
    if ([passed, failed, skipped].every((count) => Number.isInteger(count))) return { passed, failed, skipped };
  } catch {
    // Cut off while it was written.
  }
  return { passed: 0, failed: 1, skipped: 0 };
}

export interface StepResult {
  readonly name: string;
  readonly seconds: number;
  readonly ok: boolean;
  /** Why it could not even run. */
  readonly problem?: string;
  readonly counts: Counts;
}

/** A step that failed without a failed test (a lint error, say) counts as one, so that the sum tells the truth. */
export function totalCounts(results: readonly StepResult[]): Counts {
  return results
    .map(({ ok, counts }) => (!ok && counts.failed === 0 ? { ...counts, failed: 1 } : counts))
    .reduce(addCounts, NO_TESTS);
}

export function isGreen(results: readonly StepResult[], mustHaveTests: boolean): boolean {
  const { passed, failed } = totalCounts(results);
  return failed === 0 && results.every(({ ok }) => ok) && (passed > 0 || !mustHaveTests);
}
