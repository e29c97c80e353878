import type { Database, IncidentRepository } from '@pugmark/db';

/** Dependencies of incidents, provided by the composition root. */
export interface IncidentsDependencies {
  readonly db: Database;
  readonly incidents: IncidentRepository;
}
