import {
  BulkChangeRepository,
  DeploymentRepository,
  ImageRepository,
  IngestRepository,
  ReviewRepository,
} from '@pugmark/db';
import { configureImages } from '@pugmark/images';
import { SINGLE_TASKS, runPugmarkService } from '@pugmark/service';
import { ImageStorage, RenditionStorage, UploadStorage } from '@pugmark/storage';
import { stepsByKind } from './bulk-changes/steps-by-kind';
import { IngestConfig } from './config';
import { DeriveHandler } from './handlers/derive.handler';
import { ScanHandler } from './handlers/scan.handler';
import { removeDeletedFiles } from './upkeep/remove-deleted-files';
import { startUpkeep } from './upkeep/start-upkeep';

/** Without a part of a file that was read, or a step that was stored: a disk or a network mount hangs. */
const STALL_LIMIT_MS = 120_000;
/** Scans, and bulk changes, that run concurrently. */
const CONCURRENT_TASKS = 2;
/** Connections of bulk changes and upkeep: scans never wait for them. */
const DERIVE_CONNECTIONS = 6;

runPugmarkService('ingest', IngestConfig, process.env, ({ config, logger, runtime }) => {
  configureImages();
  const { db, tasks } = runtime;
  const broker = runtime.openBroker();
  const images = new ImageRepository();
  const ingests = new IngestRepository();
  const imageFiles = new ImageStorage(config.STORAGE_DIR);
  const renditionFiles = new RenditionStorage(config.STORAGE_DIR);
  const deriveDb = runtime.openDatabase('derive', DERIVE_CONNECTIONS);
  const scan = new ScanHandler({ db, tasks, ingests, images }, imageFiles, {
    roots: config.INGEST_ROOTS,
    storageDir: config.STORAGE_DIR,
    concurrency: config.SCAN_CONCURRENCY,
    batch: config.SCAN_BATCH,
    pixelLimit: config.PIXEL_LIMIT,
    maxBytes: config.IMAGE_MAX_BYTES,
  });
  const removeFiles = () => removeDeletedFiles(deriveDb, imageFiles, renditionFiles);
  const derive = new DeriveHandler(
    { db: deriveDb, tasks, bulkChanges: new BulkChangeRepository() },
    stepsByKind({ images, deployments: new DeploymentRepository(), reviews: new ReviewRepository(), removeFiles }),
  );
  const batching = { ...SINGLE_TASKS, concurrency: CONCURRENT_TASKS };
  runtime.startWorkers(broker, { batching, stallLimitMs: STALL_LIMIT_MS }, { scan, derive });
  runtime.startDispatcher(broker);
  const uploads = new UploadStorage(config.STORAGE_DIR);
  startUpkeep({ runtime, config, db: deriveDb, ingests, uploads, removeFiles, logger });
});
