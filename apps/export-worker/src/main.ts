import { ExportRepository } from '@pugmark/db';
import { SINGLE_TASKS, runPugmarkService } from '@pugmark/service';
import { ExportStorage } from '@pugmark/storage';
import { ExportWorkerConfig } from './config';
import { ExportHandler } from './handlers/export.handler';
import { ProgressReportingStore } from './services/progress-reporting-store';
import { removeAbandoned, removeExpired } from './services/remove-expired-exports';

/** A page of rows takes milliseconds; an export without a page for this long hangs. */
const STALL_LIMIT_MS = 300_000;
const ABANDONED_INTERVAL_MS = 3_600_000;

runPugmarkService('export-worker', ExportWorkerConfig, process.env, ({ config, logger, runtime }) => {
  const { db, tasks } = runtime;
  const exports = new ExportRepository();
  const files = new ExportStorage(config.STORAGE_DIR);
  const cache = runtime.openCache(config);
  const broker = runtime.openBroker();
  const handler = new ExportHandler({ db, exports, cache, logger }, files, {
    keepSeconds: config.EXPORT_KEEP_SECONDS,
    pageRows: config.EXPORT_PAGE_ROWS,
  });
  const batching = { ...SINGLE_TASKS, concurrency: config.EXPORT_CONCURRENCY };
  const store = new ProgressReportingStore(tasks, cache);
  runtime.startWorkers(broker, { batching, stallLimitMs: STALL_LIMIT_MS, store }, { export: handler });
  runtime.startLoop('remove expired exports', async () => {
    await removeExpired(db, exports, files, logger);
    return config.EXPORT_CLEANUP_INTERVAL_MS;
  });
  runtime.startLoop('remove abandoned export files', async () => {
    await removeAbandoned(db, exports, files, logger);
    return ABANDONED_INTERVAL_MS;
  });
});
