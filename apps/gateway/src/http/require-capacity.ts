import { countOpenRuns, countWaiting } from '@pugmark/db';
import { unavailable } from './http-problem';
import type { Admission } from './operation';
import type { GatewaySettings, Stores } from '../dependencies';
import { wasMade } from './idempotency/create-once';

/** Queues get shorter in minutes, not in seconds. */
const TRY_AGAIN_SECONDS = 30;

type Limits = Pick<GatewaySettings, 'maxWaitingScans' | 'maxWaitingExports' | 'maxOpenRuns'>;

/** What more can be asked for than can be done, how much of it there may be, and how much there is. */
const QUEUES = {
  scans: {
    what: 'ingests wait to be read',
    setting: 'MAX_WAITING_SCANS',
    most: (limits: Limits) => limits.maxWaitingScans,
    count: ({ db }: Stores, most: number) => countWaiting(db, 'scan', most),
  },
  exports: {
    what: 'exports wait to be made',
    setting: 'MAX_WAITING_EXPORTS',
    most: (limits: Limits) => limits.maxWaitingExports,
    count: ({ db }: Stores, most: number) => countWaiting(db, 'export', most),
  },
  runs: {
    what: 'runs have not ended',
    setting: 'MAX_OPEN_RUNS',
    most: (limits: Limits) => limits.maxOpenRuns,
    count: ({ db }: Stores, most: number) => countOpenRuns(db, most),
  },
} as const;

/**
 * 503 when as much of this kind waits as may; but not for a request that was served already and is only sent again, with its
 * Idempotency-Key. Requests at the same moment may each find the last place: the limit keeps queues short, it is not exact.
 */
export async function requireRoom(
  stores: Stores,
  limits: Limits,
  queue: keyof typeof QUEUES,
  call: Admission<unknown>,
): Promise<void> {
  const { what, setting, most, count } = QUEUES[queue];
  const limit = most(limits);
  if ((await count(stores, limit)) < limit || (await wasMade(stores, call))) return;
  throw unavailable(
    'queue_full',
    `${limit} ${what} already, as many as may (${setting}): try again later`,
    TRY_AGAIN_SECONDS,
  );
}
