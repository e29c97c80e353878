import type { Database, IdempotencyRepository, ModelRepository, ProjectRepository } from '@pugmark/db';

/** Dependencies of projects, provided by the composition root. */
export interface ProjectsDependencies {
  readonly db: Database;
  readonly projects: ProjectRepository;
  readonly models: ModelRepository;
  readonly idempotency: IdempotencyRepository;
}
