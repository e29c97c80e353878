import type { IsolationLevel } from 'kysely';
import { sleep } from '@pugmark/platform';
import { retryCounterOf, type Database, type DatabaseTransaction } from './database';
import { isConnectionBroken, wasNeverSent } from './is-connection-broken';

export interface TransactionOptions {
  readonly isolationLevel?: IsolationLevel;
  /**
   * To do it again after it was done changes nothing and answers the same, as with an Idempotency-Key. Only then is it done again when
   * the connection broke while COMMIT was on its way.
   */
  readonly idempotent?: boolean;
}

const MAX_ATTEMPTS = 5;
/** Before the second attempt, doubled before each further one, and jittered, so that two that met do not meet again. */
const INITIAL_BACKOFF_MS = 50;
/** No attempt begins later than this after the first: someone waits for the answer. */
const RETRY_DEADLINE_MS = 10_000;

/**
 * Does `work` in a transaction, and again in a new one where that is certain to be right: after a deadlock or a serialisation failure,
 * which the server rolled back, and after a connection that broke before COMMIT was sent, or that could not be had. At most five times
 * in all, over about a second. So `work` must do nothing that outlives a rollback: no messages, no files, no counting in variables of
 * its surroundings. What it throws itself ends it at once.
 *
 * When the connection breaks during COMMIT, nobody knows whether it was committed: the error is passed on, and the caller must look,
 * unless the work is `idempotent`.
 */
export async function inTransaction<T>(
  db: Database,
  work: (tx: DatabaseTransaction) => Promise<T>,
  options: TransactionOptions = {},
): Promise<T> {
  const { isolationLevel, idempotent = false } = options;
  const builder = isolationLevel === undefined ? db.transaction() : db.transaction().setIsolationLevel(isolationLevel);
  const begun = performance.now();
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
      if (reason === null || attempt === MAX_ATTEMPTS || performance.now() - begun > RETRY_DEADLINE_MS) throw error;
      retryCounterOf(db)?.inc({ reason });
      await sleep(INITIAL_BACKOFF_MS * 2 ** (attempt - 1) * (0.5 + Math.random() / 2));
    }
  }
}

type RetryReason = 'deadlock' | 'serialization' | 'connection';

/** `inDoubt`: it may be committed already. Null: not to be repeated. */
function retryReasonOf(error: unknown, mayBeCommitted: boolean): RetryReason | null {
  const { code } = (error ?? {}) as { code?: unknown };
  // Rolled back by the server, whatever statement it was, COMMIT included (manual, 13.5, "Serialization Failure Handling").
  if (code === '40P01') return 'deadlock';
  if (code === '40001') return 'serialization';
  if (!isConnectionBroken(error)) return null;
  return mayBeCommitted && !wasNeverSent(error) ? null : 'connection';
}
