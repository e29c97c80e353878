import type { Database, IncidentRepository } from '@pugmark/db';

/** What incidents need from the composition root. */
export interface IncidentsDependencies {
  readonly db: Database;
  readonly incidents: IncidentRepository;
}
