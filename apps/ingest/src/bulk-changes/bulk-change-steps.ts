import type { BulkChangeRow, DatabaseTransaction } from '@pugmark/db';

/** How the bulk changes of one kind are done: in steps of some images each, in one transaction, in order of id. */
export interface BulkChangeSteps {
  /** Locks what the change depends on, before anything else is locked. */
  lock(tx: DatabaseTransaction, change: BulkChangeRow): Promise<void>;
  /** Lists images to change after `afterId`, in order of id. */
  list(tx: DatabaseTransaction, change: BulkChangeRow, afterId: number, limit: number): Promise<number[]>;
  apply(tx: DatabaseTransaction, change: BulkChangeRow, imageIds: readonly number[]): Promise<void>;
  /** Called when no images are left, in transactions of their own, until it returns true. */
  finish?(tx: DatabaseTransaction, change: BulkChangeRow): Promise<boolean>;
  /** Called after that, outside of a transaction, until it returns true; from the start, if the process died before. */
  afterwards?(): Promise<boolean>;
}
