import type { IsolationLevel } from 'kysely';
import { backoffMs, sleep } from '@pugmark/platform';
import { retryCounterOf, type Database, type DatabaseTransaction } from './database';
import { isConnectionBroken, wasNeverSent } from './is-connection-broken';

export interface TransactionOptions {
  readonly isolationLevel?: IsolationLevel;
  /**
   * Executing the work again after it was committed changes nothing and returns the same, as with an Idempotency-Key.
   * Only then is it retried when the connection breaks during COMMIT.
   */
  readonly idempotent?: boolean;
}

const MAX_ATTEMPTS = 5;
/** Waits between attempts; their jitter keeps two conflicting transactions from conflicting again. */
const BACKOFF = { firstMs: 50, maxMs: 400 };
/** No attempt starts later than this after the first one: a client waits for the response. */
const RETRY_DEADLINE_MS = 10_000;

/**
 * Executes `work` in a transaction, and retries it in a new transaction where that is safe: after a deadlock or a
 * serialization failure, which the server rolled back, and after a connection that broke before COMMIT was sent or that
 * could not be opened. At most five attempts, over about a second. `work` must therefore have no effect that survives a
 * rollback: no messages, no files, no changes of outer variables. An error that it throws itself is not retried. When
 * the connection breaks during COMMIT, the outcome is unknown: the error is passed on, and the caller must check,
 * unless the work is `idempotent`.
 */
export async function inTransaction<T>(
  db: Database,
  work: (tx: DatabaseTransaction) => Promise<T>,
  options: TransactionOptions = {},
): Promise<T> {
  const { isolationLevel, idempotent = false } = options;
  const builder = isolationLevel === undefined ? db.transaction() : db.transaction().setIsolationLevel(isolationLevel);
  const startedAt = performance.now();
  for (let attempt = 1; ; attempt += 1) {
    let committing = false;
    try {
      return await builder.execute(async (tx) => {
        const result = await work(tx);
        committing = true;
        return result;
      });
    } catch (error) {
      const reason = retryReasonOf(error, committing && !idempotent);
      if (reason === null || attempt === MAX_ATTEMPTS || performance.now() - startedAt > RETRY_DEADLINE_MS) throw error;
      retryCounterOf(db)?.inc({ reason });
      await sleep(backoffMs(attempt - 1, BACKOFF));
    }
  }
}

type RetryReason = 'deadlock' | 'serialization' | 'connection';

/** Null: do not retry. */
function retryReasonOf(error: unknown, mayBeCommitted: boolean): RetryReason | null {
  const { code } = (error ?? {}) as { code?: unknown };
  // Rolled back by the server, whatever statement it was, COMMIT included (manual, 13.5, "Serialization Failure
  // Handling").
  if (code === '40P01') return 'deadlock';
  if (code === '40001') return 'serialization';
  if (!isConnectionBroken(error)) return null;
  return mayBeCommitted && !wasNeverSent(error) ? null : 'connection';
}
