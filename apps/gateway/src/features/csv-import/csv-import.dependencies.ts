import type { Database } from '@pugmark/db';

/** What the CSV import needs from the composition root. */
export interface CsvImportDependencies {
  readonly db: Database;
}
