import { inTransaction, type DatabaseTransaction } from '@pugmark/db';
import type { CsvImportDependencies } from './csv-import.dependencies';
import type { ImportReport, LineError } from './imports.dto';
import { HttpProblem } from '../../http/http-problem';

export type RowOutcome = 'created' | 'updated' | 'unchanged';

export interface RowToImport {
  readonly line: number;
  /** Stores the row. Throws an HttpProblem for an invalid row, but only while none of its statements has failed. */
  readonly save: (tx: DatabaseTransaction) => Promise<RowOutcome>;
}

/**
 * Imports all rows in one transaction, or none: a single error, or a dry run, rolls it back. Every row is tried, so
 * that every invalid line is reported. Throws a 422 that lists the errors, unless it is a dry run. Imports of one
 * project run one after the other: two that change the same rows in different orders would deadlock, again and again.
 */
export async function importRows(
  deps: CsvImportDependencies,
  projectId: number,
  rows: readonly RowToImport[],
  known: readonly LineError[],
  dryRun: boolean,
): Promise<ImportReport> {
  let counts: Record<RowOutcome, number> = { created: 0, updated: 0, unchanged: 0 };
  let errors = [...known];
  try {
    await inTransaction(deps.db, async (tx) => {
      await deps.projects.lock(tx, projectId);
      // The transaction may be retried.
      counts = { created: 0, updated: 0, unchanged: 0 };
      errors = [...known];
      for (const { line, save } of rows) {
        try {
          counts[await save(tx)] += 1;
        } catch (error) {
          if (!(error instanceof HttpProblem)) throw error;
          errors.push(...lineErrors(line, error));
        }
      }
      if (dryRun || errors.length > 0) throw new RolledBack();
    });
  } catch (error) {
    if (!(error instanceof RolledBack)) throw error;
  }
  errors.sort((a, b) => a.line - b.line);
  if (errors.length > 0 && !dryRun) throw importRefused(errors);
  return { dryRun, ...counts, errors };
}

class RolledBack extends Error {}

function lineErrors(line: number, { errors, message }: HttpProblem): LineError[] {
  return (
    errors?.map((error) => ({ line, column: error.field, message: error.message })) ?? [{ line, column: null, message }]
  );
}

function importRefused(errors: readonly LineError[]): HttpProblem {
  const lines = new Set(errors.map(({ line }) => line)).size;
  return new HttpProblem(
    422,
    'bad_lines',
    `${lines === 1 ? 'one line is' : `${lines} lines are`} invalid; nothing was stored`,
    {
      errors: errors.map(({ line, column, message }) => ({
        field: column === null ? `line ${line}` : `line ${line}, ${column}`,
        message,
      })),
    },
  );
}
