import { sql, type RawBuilder } from 'kysely';
import type { DatabaseTransaction } from '../connection/database';

/**
 * Marks all events of these deployments as stale, after a change of how they are formed. `which` is a condition on
 * `deployments`.
 */
export async function markEventsStale(tx: DatabaseTransaction, which: RawBuilder<unknown>): Promise<void> {
  await sql`
    insert into stale_events (project_id, deployment_id, from_at, to_at)
    select project_id, id, '-infinity', 'infinity' from deployments where ${which}`.execute(tx);
}
