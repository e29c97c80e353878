import { sleep } from '@pugmark/platform';
import { tryAdvisoryLock, type AdvisoryLock } from './advisory-locks';
import type { Database, DatabaseTransaction } from './database';
import { inTransaction, type TransactionOptions } from './in-transaction';

/** Interval at which a lock that another process holds is tried again. */
const LOCK_RETRY_MS = 100;

/**
 * Executes `work` in a transaction that holds an advisory lock. While another one holds it, waits without a connection,
 * for as long as that takes. See `inTransaction` for retries.
 */
export async function inLockedTransaction<T>(
  db: Database,
  lock: AdvisoryLock,
  id: number,
  work: (tx: DatabaseTransaction) => Promise<T>,
  options: TransactionOptions = {},
): Promise<T> {
  for (;;) {
    const locked = await inTransaction(
      db,
      async (tx) => ((await tryAdvisoryLock(tx, lock, id)) ? { result: await work(tx) } : null),
      options,
    );
    if (locked !== null) return locked.result;
    await sleep(LOCK_RETRY_MS);
  }
}
