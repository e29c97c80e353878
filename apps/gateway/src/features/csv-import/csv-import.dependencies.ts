import type { Database, ProjectRepository } from '@pugmark/db';

/** Dependencies of the CSV import, provided by the composition root. */
export interface CsvImportDependencies {
  readonly db: Database;
  readonly projects: ProjectRepository;
}
