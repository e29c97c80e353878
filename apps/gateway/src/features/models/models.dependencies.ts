import type { Database, ModelRepository } from '@pugmark/db';

/** What models need from the composition root. */
export interface ModelsDependencies {
  readonly db: Database;
  readonly models: ModelRepository;
}
