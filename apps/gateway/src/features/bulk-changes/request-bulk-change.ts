import type { DatabaseTransaction, NewBulkChange } from '@pugmark/db';
import type { Call } from '../../http/operation';
import type { BulkChangesDependencies } from './bulk-changes.dependencies';

/** The request that a change is made for. */
export type Requester = Pick<Call<object, unknown>, 'caller' | 'traceparent'>;

/** Adds a bulk change and its task. */
export async function requestBulkChange(
  tx: DatabaseTransaction,
  { bulkChanges, tasks }: Pick<BulkChangesDependencies, 'bulkChanges' | 'tasks'>,
  { caller, traceparent }: Requester,
  change: Omit<NewBulkChange, 'requestedBy'>,
): Promise<number> {
  const id = await bulkChanges.create(tx, { ...change, requestedBy: caller.name });
  await tasks.create(tx, { kind: 'derive', subjectId: id, traceparent });
  return id;
}
