import { EngineReportRepository, type Database } from '@pugmark/db';
import type { EngineInfo } from '@pugmark/inference';
import { backgroundLoop, type BackgroundLoop, type Logger } from '@pugmark/platform';
import type { EnginePool } from './engine-pool';
import { countReady } from './pool-health';

const REPORT_MS = 15_000;

/** Reports the engine of this worker in the database. */
export function reportEngine(
  db: Database,
  worker: string,
  { name, device, reason, version }: EngineInfo,
  pool: EnginePool,
  logger: Logger,
): BackgroundLoop {
  const reports = new EngineReportRepository();
  const loop = backgroundLoop('report engine', logger, async () => {
    await reports.report(db, worker, {
      name,
      device,
      reason,
      version,
      processes: pool.status().length,
      processesReady: countReady(pool),
    });
    return REPORT_MS;
  });
  return {
    stop: async () => {
      await loop.stop();
      // If the database is down, the report expires by its age.
      await reports.remove(db, worker).catch(() => undefined);
    },
  };
}
