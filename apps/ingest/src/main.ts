import { ImageRepository, IngestRepository } from '@pugmark/db';
import { configureImages } from '@pugmark/images';
import { SINGLE_TASKS, runPugmarkService } from '@pugmark/service';
import { ImageStorage } from '@pugmark/storage';
import { IngestConfig } from './config';
import { ScanHandler } from './handlers/scan.handler';

/** Without a part of a file that was read, or a step that was stored: a disk or a network mount hangs. */
const STALL_LIMIT_MS = 120_000;
const CONCURRENT_SCANS = 2;

runPugmarkService('ingest', IngestConfig, process.env, ({ config, runtime }) => {
  configureImages();
  const { db, tasks } = runtime;
  const broker = runtime.openBroker();
  const scan = new ScanHandler(
    { db, tasks, ingests: new IngestRepository(), images: new ImageRepository() },
    new ImageStorage(config.STORAGE_DIR),
    {
      roots: config.INGEST_ROOTS,
      storageDir: config.STORAGE_DIR,
      concurrency: config.SCAN_CONCURRENCY,
      batch: config.SCAN_BATCH,
      pixelLimit: config.PIXEL_LIMIT,
      maxBytes: config.IMAGE_MAX_BYTES,
    },
  );
  const batching = { ...SINGLE_TASKS, concurrency: CONCURRENT_SCANS };
  runtime.startWorkers(broker, { batching, stallLimitMs: STALL_LIMIT_MS }, { scan });
  runtime.startDispatcher(broker);
});
