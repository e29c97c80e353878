import { createDatabase, type DatabaseOptions } from '../connection/database';
import { TaskRepository } from './task.repository';

/** A statement on a few rows by their keys; a third of a lease is 5 s. */
const STATEMENT_TIMEOUT_MS = 3_000;

/**
 * What keeps the leases of a worker, on connections of its own and with short deadlines: work that fills the worker's pool, or a
 * connection that answers no more, must not cost it its leases.
 */
export function createLeaseStore(options: Pick<DatabaseOptions, 'url' | 'applicationName' | 'onIdleError'>): {
  readonly store: Pick<TaskRepository, 'renew' | 'stillHeld'>;
  close(): Promise<void>;
} {
  const db = createDatabase({ ...options, poolSize: 2, statementTimeoutMs: STATEMENT_TIMEOUT_MS });
  return { store: new TaskRepository(db), close: () => db.destroy() };
}
