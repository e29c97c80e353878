import {
  EventRepository,
  ImageCountRepository,
  RunCountsRepository,
  StaticDetectionRepository,
  type Database,
  type IngestRepository,
} from '@pugmark/db';
import type { Logger } from '@pugmark/platform';
import type { ServiceRuntime } from '@pugmark/service';
import type { UploadStorage } from '@pugmark/storage';
import type { IngestConfig } from '../config';
import { removeAbandonedUploads } from './remove-abandoned-uploads';
import { MAX_SEARCH_DELAY_SECONDS, searchStaticDetections } from './search-static-detections';

const FORM_INTERVAL_MS = 2_000;
const COMPACT_INTERVAL_MS = 5_000;
const SEARCH_INTERVAL_MS = 5_000;
const REMOVE_FILES_INTERVAL_MS = 600_000;
const REMOVE_INTERVAL_MS = 3_600_000;

export interface UpkeepDependencies {
  readonly runtime: ServiceRuntime<'ingest', IngestConfig>;
  readonly config: IngestConfig;
  /** Connections that scans do not need. */
  readonly db: Database;
  readonly ingests: IngestRepository;
  readonly uploads: UploadStorage;
  /** Removes some of the files of deleted images; returns whether none are left. */
  readonly removeFiles: () => Promise<boolean>;
  readonly logger: Logger;
}

/**
 * Starts the loops that derive and compact what has become stale, and remove what is no longer needed. What is to be
 * done stands in the database, so that any number of processes may run them and any of them may be killed.
 */
export function startUpkeep({ runtime, config, db, ingests, uploads, removeFiles, logger }: UpkeepDependencies): void {
  // Keeps stale events few, so that readers, who form them too, find little to do.
  const events = new EventRepository();
  runtime.startLoop('form events', async (signal) => {
    await events.formStaleEvents(db, null, signal);
    return FORM_INTERVAL_MS;
  });

  const staticDetections = new StaticDetectionRepository();
  const delays = { quietSeconds: config.STATIC_DETECTIONS_QUIET_SECONDS, maxSeconds: MAX_SEARCH_DELAY_SECONDS };
  runtime.startLoop('search for static detections', async (signal) => {
    await searchStaticDetections({ db, staticDetections }, delays, logger, signal);
    return SEARCH_INTERVAL_MS;
  });

  const runCounts = new RunCountsRepository();
  const imageCounts = new ImageCountRepository();
  runtime.startLoop('compact counts', async (signal) => {
    await runCounts.compact(db);
    await imageCounts.compact(db, signal);
    return COMPACT_INTERVAL_MS;
  });

  // What a deletion that was cancelled or failed has left.
  runtime.startLoop('remove files of deleted images', async (signal) => {
    while (!signal.aborted && !(await removeFiles()));
    return REMOVE_FILES_INTERVAL_MS;
  });

  const removeUploads = async (): Promise<number> => {
    await removeAbandonedUploads({ db, ingests }, uploads, logger);
    return REMOVE_INTERVAL_MS;
  };
  runtime.startLoop('remove abandoned uploads', removeUploads, REMOVE_INTERVAL_MS);
}
