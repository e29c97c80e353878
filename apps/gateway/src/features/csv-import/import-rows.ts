import { inTransaction, type DatabaseTransaction } from '@pugmark/db';
import type { CsvImportDependencies } from './csv-import.dependencies';
import type { ImportReport, LineFault } from './imports.dto';
import { HttpProblem } from '../../http/http-problem';

export type RowOutcome = 'created' | 'updated' | 'unchanged';

export interface RowToImport {
  readonly line: number;
  /** Stores the row. Throws an HttpProblem for what is wrong with it, before or after its statements, none of which may have failed. */
  readonly save: (tx: DatabaseTransaction) => Promise<RowOutcome>;
}

/**
 * All rows in one transaction, or none: with a single fault, and in a dry run, it is rolled back. Every faulty line is found,
 * not the first alone, because the others are tried too. Throws a 422 that lists them, unless it is a dry run.
 */
export async function importRows(
  deps: CsvImportDependencies,
  rows: readonly RowToImport[],
  known: readonly LineFault[],
  dryRun: boolean,
): Promise<ImportReport> {
  let counts: Record<RowOutcome, number> = { created: 0, updated: 0, unchanged: 0 };
  let faults = [...known];
  try {
    await inTransaction(deps.db, async (tx) => {
      // It may be begun again.
      counts = { created: 0, updated: 0, unchanged: 0 };
      faults = [...known];
      for (const { line, save } of rows) {
        try {
          counts[await save(tx)] += 1;
        } catch (error) {
          if (!(error instanceof HttpProblem)) throw error;
          faults.push(...faultsOf(line, error));
        }
      }
      if (dryRun || faults.length > 0) throw new RolledBack();
    });
  } catch (error) {
    if (!(error instanceof RolledBack)) throw error;
  }
  faults.sort((a, b) => a.line - b.line);
  if (faults.length > 0 && !dryRun) throw refused(faults);
  return { dryRun, ...counts, faults };
}

class RolledBack extends Error {}

function faultsOf(line: number, { errors, message }: HttpProblem): LineFault[] {
  return (
    errors?.map((error) => ({ line, column: error.field, message: error.message })) ?? [{ line, column: null, message }]
  );
}

function refused(faults: readonly LineFault[]): HttpProblem {
  const lines = new Set(faults.map(({ line }) => line)).size;
  return new HttpProblem(
    422,
    'bad_lines',
    `${lines === 1 ? 'one line is' : `${lines} lines are`} at fault; nothing was stored`,
    {
      errors: faults.map(({ line, column, message }) => ({
        field: column === null ? `line ${line}` : `line ${line}, ${column}`,
        message,
      })),
    },
  );
}
