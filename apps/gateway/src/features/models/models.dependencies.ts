import type { Database, ModelRepository } from '@pugmark/db';

/** Dependencies of models, provided by the composition root. */
export interface ModelsDependencies {
  readonly db: Database;
  readonly models: ModelRepository;
}
