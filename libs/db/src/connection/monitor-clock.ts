import { sql } from 'kysely';
import { Gauge, backgroundLoop, type BackgroundLoop, type Logger, type Registry } from '@pugmark/platform';
import type { Database } from './database';

const CHECK_INTERVAL_MS = 10_000;
/** Nothing depends on the clock of this machine except the times in logs. */
const WARN_SECONDS = 5;
/** A response that took longer is too imprecise to compare clocks. */
const MAX_ROUND_TRIP_MS = 1_000;

/**
 * Compares this machine's clock with the database's, which tasks depend on, and logs a warning when they differ: the
 * times in the logs of different services are then not comparable.
 */
export function monitorClock(db: Database, metrics: Registry, logger: Logger): BackgroundLoop {
  const offset = new Gauge({
    name: 'pugmark_clock_offset_seconds',
    help: 'How far this process’s clock is ahead of the database’s',
    registers: [metrics],
  });
  let warned = false;
  return backgroundLoop('monitor clock', logger, async () => {
    const before = Date.now();
    const { rows } = await sql<{ now: number }>`select extract(epoch from clock_timestamp())::float8 as now`.execute(
      db,
    );
    const tookMs = Date.now() - before;
    if (tookMs > MAX_ROUND_TRIP_MS) return CHECK_INTERVAL_MS;
    // Compared at the middle of the round trip.
    const seconds = (before + tookMs / 2) / 1_000 - (rows[0]?.now ?? NaN);
    offset.set(seconds);
    const wrong = Math.abs(seconds) > WARN_SECONDS;
    if (wrong && !warned)
      logger.warn(
        { offsetSeconds: Math.round(seconds) },
        'the clock of this machine differs from the database’s, which tasks depend on; synchronize it',
      );
    warned = wrong;
    return CHECK_INTERVAL_MS;
  });
}
