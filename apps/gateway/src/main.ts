import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Broker } from '@pugmark/broker';
import { NoCache, RedisCache } from '@pugmark/cache';
import { ImageCountRepository, RunCountsRepository, createDatabase, pingDatabase, monitorClock } from '@pugmark/db';
import { backgroundLoop, createTaskMetrics, loadConfig, runService } from '@pugmark/platform';
import { ExportStorage, ImageStorage, RenditionStorage, UploadStorage } from '@pugmark/storage';
import { Dispatcher } from '@pugmark/tasks';
import { createApp } from './app';
import { ensureFirstKey } from './features/keys/first-key';
import { GatewayConfig, assertNotOpenToAll } from './config';
import { createRepositories } from './repositories';
import { EventStreams, STREAM_TIMES } from './features/feed/event-streams';
import { feedLoop } from './features/feed/write-feed';
import { HttpServer } from './http/http-server';
import { IsolatedImageChecker } from './features/renditions/image-checker';
import { IsolatedRenderer } from './features/renditions/renderer';
import { Renditions } from './features/renditions/renditions';
import { IDEMPOTENCY_KEY_SECONDS } from './http/idempotency/create-once';
import {
  MAX_SEARCH_DELAY_SECONDS,
  searchStaticDetections,
} from './features/static-detections/search-static-detections';
import { removeAbandonedUploads } from './features/uploads/remove-abandoned-uploads';

const CLEANUP_INTERVAL_MS = 3_600_000;
const COMPACT_INTERVAL_MS = 5_000;
const FORM_INTERVAL_MS = 2_000;
const STATIC_DETECTIONS_INTERVAL_MS = 5_000;

void runService(
  'gateway',
  () => loadConfig(GatewayConfig, process.env),
  async ({ config, logger, metrics }) => {
    assertNotOpenToAll(config);
    const db = createDatabase({
      url: config.DATABASE_URL,
      applicationName: 'pugmark-gateway',
      poolSize: config.DATABASE_POOL_SIZE,
      statementTimeoutMs: config.DATABASE_STATEMENT_TIMEOUT_MS,
      onIdleError: (err) => logger.warn({ err }, 'a database connection broke'),
      metrics,
    });
    const cache =
      config.REDIS_URL === undefined
        ? new NoCache()
        : new RedisCache({ url: config.REDIS_URL, keyPrefix: config.REDIS_KEY_PREFIX, logger, metrics });
    const repositories = createRepositories(db);
    const uploads = new UploadStorage(config.STORAGE_DIR);
    const renditionFiles = new RenditionStorage(config.STORAGE_DIR);
    const renderer = new IsolatedRenderer({
      childPath: join(__dirname, 'features', 'renditions', 'render.child.js'),
      logger,
    });
    const imageChecker = new IsolatedImageChecker({
      childPath: join(__dirname, 'features', 'renditions', 'check.child.js'),
      logger,
    });

    // The gateway creates tasks, so it also publishes their notifications: work starts without any other service.
    const broker = new Broker({
      url: config.RABBITMQ_URL,
      managementUrl: config.RABBITMQ_MANAGEMENT_URL,
      service: 'gateway',
      logger,
      metrics,
    });
    const dispatcher = new Dispatcher({
      store: repositories.tasks,
      runs: repositories.runControl,
      publisher: broker,
      logger,
      metrics: createTaskMetrics(metrics),
    });

    const eventStreams = new EventStreams({
      deps: repositories,
      settings: {
        ...STREAM_TIMES,
        maxStreams: config.MAX_EVENT_STREAMS,
        maxStreamsPerKey: config.MAX_EVENT_STREAMS_PER_KEY,
      },
      logger,
      metrics,
    });
    const app = createApp({
      ...repositories,
      uploads,
      exportFiles: new ExportStorage(config.STORAGE_DIR),
      cache,
      limiters: cache,
      eventStreams,
      imageFiles: new ImageStorage(config.STORAGE_DIR),
      renditions: new Renditions(renditionFiles, renderer),
      imageChecker,
      settings: {
        ingestRoots: config.INGEST_ROOTS,
        uploadMaxBytes: config.UPLOAD_MAX_BYTES,
        uploadMaxFiles: config.UPLOAD_MAX_FILES,
        uploadMaxTotalBytes: config.UPLOAD_MAX_TOTAL_BYTES,
        uploadMaxZipRatio: config.UPLOAD_MAX_ZIP_RATIO,
        pixelLimit: config.PIXEL_LIMIT,
        auth: config.AUTH,
        requestsPerMinute: config.REQUESTS_PER_MINUTE,
        trustedProxies: config.TRUSTED_PROXIES,
        maxWaitingScans: config.MAX_WAITING_SCANS,
        maxWaitingExports: config.MAX_WAITING_EXPORTS,
        maxOpenRuns: config.MAX_OPEN_RUNS,
      },
      brokerStatus: () => broker.status(),
      version: packageVersion(),
      logger,
      metrics,
    });
    const http = new HttpServer(app, {
      host: config.HOST,
      port: config.PORT,
      requestTimeoutMs: config.REQUEST_TIMEOUT_MS,
      idleTimeoutMs: config.IDLE_TIMEOUT_MS,
    });
    const port = await http.listen();
    logger.info({ host: config.HOST, port }, 'the API is listening');

    broker.start();
    const clock = monitorClock(db, metrics, logger);
    dispatcher.start();
    if (cache instanceof RedisCache) void cache.connect();
    const feed = feedLoop({ deps: repositories, cache, logger, metrics });
    // Not awaited, since the database may be down. Until then no key exists and the service is not ready.
    let someoneHasAKey = config.AUTH === 'open';
    const firstKey = backgroundLoop('create the first key', logger, async () => {
      if (!someoneHasAKey) await ensureFirstKey(repositories, config.ADMIN_KEY, logger);
      someoneHasAKey = true;
      return CLEANUP_INTERVAL_MS;
    });
    const sweepAll = async (): Promise<number> => {
      // One failing cleanup, of a file that cannot be removed for instance, does not block the others.
      const swept = await Promise.allSettled([
        removeAbandonedUploads(repositories, uploads, logger),
        repositories.idempotency.deleteOlderThan(db, IDEMPOTENCY_KEY_SECONDS),
        repositories.sessions.deleteExpired(db),
        renditionFiles.shrinkTo(config.RENDITION_CACHE_BYTES),
      ]);
      const failures = swept.flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []));
      if (failures.length > 0) throw new AggregateError(failures, 'some cleanups failed');
      return CLEANUP_INTERVAL_MS;
    };
    // A failure is rarely gone within seconds, and each round reads the whole cache.
    const sweep = backgroundLoop('remove expired data', logger, sweepAll, CLEANUP_INTERVAL_MS);

    const searchDelays = { quietSeconds: config.STATIC_DETECTIONS_QUIET_SECONDS, maxSeconds: MAX_SEARCH_DELAY_SECONDS };
    const staticDetections = backgroundLoop('search for static detections', logger, async (signal) => {
      await searchStaticDetections(repositories, searchDelays, logger, signal);
      return STATIC_DETECTIONS_INTERVAL_MS;
    });

    const tallies = new RunCountsRepository();
    const imageDays = new ImageCountRepository();
    const fold = backgroundLoop('compact counts', logger, async (signal) => {
      await tallies.compact(db);
      await imageDays.compact(db, signal);
      return COMPACT_INTERVAL_MS;
    });
    // Keeps stale events few, so that readers, who form them too, find little to do.
    const form = backgroundLoop('form events', logger, async (signal) => {
      await repositories.events.formStaleEvents(db, null, signal);
      return FORM_INTERVAL_MS;
    });

    return {
      checks: {
        // A response of the health page shows that the event loop runs; nothing else here can only be fixed by a
        // restart.
        live: {},
        ready: {
          http: () => http.assertListening(),
          keys: () => {
            if (!someoneHasAKey) throw new Error('no key exists yet');
          },
          postgres: () => pingDatabase(db),
          broker: () => broker.assertReady(),
        },
      },
      drain: async () => {
        // Event streams do not end by themselves; their clients reconnect to another gateway and continue.
        const silent = eventStreams.close();
        // Most of the time for requests in flight, the rest for the connections behind them.
        await http.close(config.SHUTDOWN_TIMEOUT_MS * 0.6);
        renderer.close();
        imageChecker.close();
        await Promise.all([
          silent,
          dispatcher.stop(),
          feed.stop(),
          sweep.stop(),
          fold.stop(),
          form.stop(),
          staticDetections.stop(),
          firstKey.stop(),
          clock.stop(),
        ]);
        await Promise.all([broker.close(), cache.close()]);
        await db.destroy();
      },
    };
  },
);

/** Version in the package.json next to the bundle (`dist/bundle/main.js`). */
function packageVersion(): string {
  try {
    const { version } = JSON.parse(readFileSync(join(__dirname, '../../package.json'), 'utf8')) as { version?: string };
    return version ?? 'unknown';
  } catch {
    // A container image may contain the bundle alone.
    return 'unknown';
  }
}
