import { countWaiting } from '@pugmark/db';
import type { CapacityLimit } from '../../http/require-capacity';
import type { GatewaySettings } from '../../settings';

/** How many ingests may wait to be scanned. */
export function scanCapacity({ maxWaitingScans }: Pick<GatewaySettings, 'maxWaitingScans'>): CapacityLimit {
  return {
    max: maxWaitingScans,
    setting: 'MAX_WAITING_SCANS',
    description: 'ingests wait to be scanned',
    count: (db, max) => countWaiting(db, 'scan', max),
  };
}
