import { createDatabase, type DatabaseOptions } from '../connection/database';
import { TaskRepository } from './task.repository';

/** Statements touch a few rows by their keys; leases are renewed every 5 s, a third of their duration. */
const STATEMENT_TIMEOUT_MS = 3_000;

/**
 * Creates the store that renews a worker's leases, on separate connections with short timeouts: a pool that is busy
 * with work, or an unresponsive connection, must not cost the worker its leases.
 */
export function createLeaseStore(options: Pick<DatabaseOptions, 'url' | 'applicationName' | 'onIdleError'>): {
  readonly store: Pick<TaskRepository, 'renew' | 'stillHeld' | 'recordProgress' | 'recordProgressLimit'>;
  close(): Promise<void>;
} {
  const db = createDatabase({ ...options, poolSize: 2, statementTimeoutMs: STATEMENT_TIMEOUT_MS });
  return { store: new TaskRepository(db), close: () => db.destroy() };
}
