import type { Database } from '@pugmark/db';

/** What csv import needs from the composition root. */
export interface CsvImportDependencies {
  readonly db: Database;
}
