import { IncidentRepository, TaskRepository, createDatabase, pingDatabase, watchClock } from '@pugmark/db';
import { backgroundLoop, loadConfig, runService } from '@pugmark/platform';
import { TaskInvariantCheck } from './checks/task-invariant.check';
import { WatchdogConfig } from './config';

void runService(
  'watchdog',
  () => loadConfig(WatchdogConfig, process.env),
  async ({ config, logger, metrics }) => {
    const db = createDatabase({
      url: config.DATABASE_URL,
      applicationName: 'pugmark-watchdog',
      poolSize: config.DATABASE_POOL_SIZE,
      statementTimeoutMs: config.DATABASE_STATEMENT_TIMEOUT_MS,
      onIdleError: (err) => logger.warn({ err }, 'a database connection broke'),
      metrics,
    });
    const invariant = new TaskInvariantCheck(
      { db, tasks: new TaskRepository(db), incidents: new IncidentRepository(), logger, metrics },
      config.INVARIANT_GRACE_SECONDS,
    );
    const loop = backgroundLoop('task invariant', logger, async () => {
      await invariant.run();
      return config.CHECK_INTERVAL_MS;
    });
    const clock = watchClock(db, metrics, logger);
    return {
      checks: { live: {}, ready: { postgres: () => pingDatabase(db) } },
      drain: async () => {
        await Promise.all([loop.stop(), clock.stop()]);
        await db.destroy();
      },
    };
  },
);
