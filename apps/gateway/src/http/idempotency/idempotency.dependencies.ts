import type { Database, IdempotencyRepository } from '@pugmark/db';

/** What idempotency needs from the composition root. */
export interface IdempotencyDependencies {
  readonly db: Database;
  readonly idempotency: IdempotencyRepository;
}
