import { setTimeout as delay } from 'node:timers/promises';
import { ApiError, NoResponseError, type PugmarkClient, type Schemas } from '@pugmark/client';
import type { Refusal } from './send-files';

const POLL_MS = 500;
const STALL_TIMEOUT_MS = 5 * 60_000;

export interface Ingested {
  readonly added: number;
  /** Images that were stored by another ingest meanwhile. */
  readonly duplicates: number;
  readonly refused: readonly Refusal[];
}

/** Waits until the uploads are ingested and returns the results. Throws when there is no progress for five minutes. */
export async function followIngests(
  client: PugmarkClient,
  ids: readonly number[],
  stillMs = STALL_TIMEOUT_MS,
): Promise<Ingested> {
  let [added, duplicates] = [0, 0];
  const refused: Refusal[] = [];
  for (const id of ids) {
    const ingest = await waitUntilEnded(client, id, stillMs);
    added += ingest.imagesAdded;
    duplicates += ingest.duplicates;
    if (ingest.state !== 'done') refused.push({ path: `upload ${id}`, reason: ingest.error?.message ?? ingest.state });
    if (ingest.skipped === 0) continue;
    const skipped = client.all('/api/v1/ingests/{id}/files', {
      params: { path: { id }, query: { outcome: 'skipped', limit: 200 } },
    });
    for await (const { path, reason } of skipped) refused.push({ path, reason: reason ?? 'it was skipped' });
  }
  return { added, duplicates, refused };
}

async function waitUntilEnded(client: PugmarkClient, id: number, stillMs: number): Promise<Schemas['IngestResponse']> {
  let before = '';
  let movedAt = performance.now();
  for (;;) {
    const ingest = await readIngest(client, id);
    const now = ingest === null ? before : `${ingest.state} ${ingest.filesSeen}`;
    if (ingest !== null && !['pending', 'running'].includes(ingest.state)) return ingest;
    if (now !== before) movedAt = performance.now();
    before = now;
    if (performance.now() - movedAt > stillMs) {
      throw new NoResponseError(
        `upload ${id}`,
        `sent, but not ingested: no progress for ${Math.round(stillMs / 60_000)} minutes; pugmark status shows the problems`,
      );
    }
    await delay(POLL_MS);
  }
}

/** Null when the server cannot answer at the moment: only a stall ends the wait. */
async function readIngest(client: PugmarkClient, id: number): Promise<Schemas['IngestResponse'] | null> {
  try {
    return await client.get('/api/v1/ingests/{id}', { params: { path: { id } } });
  } catch (error) {
    if (error instanceof ApiError && !('status' in error && Number(error.status) < 500)) return null;
    throw error;
  }
}
