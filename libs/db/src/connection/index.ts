export { takeAdvisoryLock } from './advisory-locks';
export {
  createDatabase,
  pingDatabase,
  type Database,
  type DatabaseOptions,
  type DatabaseTransaction,
  type Executor,
} from './database';
export { inTransaction, type TransactionOptions } from './in-transaction';
export { isDatabaseUnavailable } from './is-database-unavailable';
export { isPoolExhausted } from './is-pool-exhausted';
export { isUniqueViolation } from './is-unique-violation';
export { monitorClock } from './monitor-clock';
export { retryOnce } from './retry-once';
