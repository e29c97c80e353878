import { sql, type RawBuilder } from 'kysely';
import type { DatabaseTransaction } from './database';

/**
 * The advisory locks of the database: numbers of 32 bits, each for one purpose. With `id`, there is one for each row of
 * the table that the purpose names. They are held until the transaction ends.
 */
export const ADVISORY_LOCKS = {
  /** Creating the first key, and revoking the last one. */
  keyCreation: 7_411_208,
  /** Forming the events of a deployment, by its id. */
  eventForming: 7_411_209,
  /** Compacting the results of runs and the numbers of tasks. */
  runCountCompaction: 7_411_210,
  /** Searching a deployment for static detections, assigning and dismissing them; by its id. */
  staticDetectionSearch: 7_411_211,
  /** Compacting the numbers of images by day. */
  imageCountCompaction: 7_411_212,
  /** Changing the default model. */
  defaultModel: 7_411_213,
  /** Exclusively: removing files of deleted images. Shared: adding images whose files exist. */
  imageFiles: 7_411_214,
} as const;

export type AdvisoryLock = keyof typeof ADVISORY_LOCKS;

/** Waits for the lock, for as long as a statement may take. */
export async function takeAdvisoryLock(tx: DatabaseTransaction, lock: AdvisoryLock, id = 0): Promise<void> {
  await sql`select pg_advisory_xact_lock(${keyOf(lock, id)})`.execute(tx);
}

/** Waits until no one holds the lock exclusively; others may share it. */
export async function takeSharedAdvisoryLock(tx: DatabaseTransaction, lock: AdvisoryLock, id = 0): Promise<void> {
  await sql`select pg_advisory_xact_lock_shared(${keyOf(lock, id)})`.execute(tx);
}

/** Takes the lock if it is free; returns whether it did. */
export async function tryAdvisoryLock(tx: DatabaseTransaction, lock: AdvisoryLock, id = 0): Promise<boolean> {
  const { rows } = await sql<{ free: boolean }>`select pg_try_advisory_xact_lock(${keyOf(lock, id)}) as free`.execute(
    tx,
  );
  return rows[0]?.free === true;
}

function keyOf(lock: AdvisoryLock, id: number): RawBuilder<unknown> {
  return sql`${ADVISORY_LOCKS[lock]}::int, ${id}::int`;
}
