import type { Database } from '@pugmark/db';
import { unavailable } from './http-problem';
import type { IdempotencyDependencies } from './idempotency/idempotency.dependencies';
import { wasCreated } from './idempotency/create-once';
import type { Admission } from './operation';

/** Work queues shrink within minutes, not within seconds. */
const RETRY_AFTER_SECONDS = 30;

/** How many of one kind of work may be unfinished at a time. */
export interface CapacityLimit {
  readonly max: number;
  /** The environment variable that sets `max`; named in the error. */
  readonly setting: string;
  /** Completes "<max> …" in the error, such as "runs are unfinished". */
  readonly description: string;
  /** Counts the unfinished work, up to `max`. */
  readonly count: (db: Database, max: number) => Promise<number>;
}

/**
 * Throws a 503 while as much work is unfinished as the limit allows. A request that was served already and is repeated
 * with its Idempotency-Key passes. Concurrent requests may each take the last free place: the limit keeps queues short,
 * it is not exact.
 */
export async function requireCapacity(
  deps: IdempotencyDependencies,
  { max, setting, description, count }: CapacityLimit,
  call: Admission<unknown>,
): Promise<void> {
  if ((await count(deps.db, max)) < max || (await wasCreated(deps, call))) return;
  throw unavailable(
    'queue_full',
    `${max} ${description}, the maximum (setting ${setting}): try again later`,
    RETRY_AFTER_SECONDS,
  );
}
