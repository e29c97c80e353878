import type { Database, IdempotencyRepository } from '@pugmark/db';

/** Dependencies of idempotency, provided by the composition root. */
export interface IdempotencyDependencies {
  readonly db: Database;
  readonly idempotency: IdempotencyRepository;
}
