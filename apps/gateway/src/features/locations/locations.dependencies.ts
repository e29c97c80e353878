import type { Database, IdempotencyRepository, LocationRepository, ProjectRepository } from '@pugmark/db';

/** Dependencies of locations, provided by the composition root. */
export interface LocationsDependencies {
  readonly db: Database;
  readonly projects: ProjectRepository;
  readonly locations: LocationRepository;
  readonly idempotency: IdempotencyRepository;
}
