import type { Database, IdempotencyRepository, ModelRepository, ProjectRepository } from '@pugmark/db';

/** What projects need from the composition root. */
export interface ProjectsDependencies {
  readonly db: Database;
  readonly projects: ProjectRepository;
  readonly models: ModelRepository;
  readonly idempotency: IdempotencyRepository;
}
