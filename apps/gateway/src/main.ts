import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Broker } from '@pugmark/broker';
import { NoCache, RedisCache } from '@pugmark/cache';
import { ImageDayRepository, RunTallyRepository, createDatabase, pingDatabase, watchClock } from '@pugmark/db';
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
import { PictureChecker } from './features/renditions/image-checker';
import { Renderer } from './features/renditions/renderer';
import { Renditions } from './features/renditions/renditions';
import { IDEMPOTENCY_KEY_SECONDS } from './http/idempotency/create-once';
import { LATEST_SECONDS, searchStaticBoxes } from './features/static-detections/search-static-detections';
import { sweepUploads } from './features/uploads/remove-abandoned-uploads';

const SWEEP_INTERVAL_MS = 3_600_000;
const FOLD_INTERVAL_MS = 5_000;
const FORM_INTERVAL_MS = 2_000;
const STATIC_BOXES_INTERVAL_MS = 5_000;

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
    const renderer = new Renderer({ childPath: join(__dirname, 'features', 'renditions', 'render.child.js'), logger });
    const imageChecker = new PictureChecker({
      childPath: join(__dirname, 'features', 'renditions', 'check.child.js'),
      logger,
    });

    // The bell: whoever creates tasks should also ring for them, so that a gateway alone gets its work going.
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
      settings: { ...STREAM_TIMES, most: config.MAX_EVENT_STREAMS, mostOfOne: config.MAX_EVENT_STREAMS_PER_KEY },
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
    logger.info({ host: config.HOST, port }, 'the API listens');

    broker.start();
    const clock = watchClock(db, metrics, logger);
    dispatcher.start();
    if (cache instanceof RedisCache) void cache.connect();
    const feed = feedLoop({ deps: repositories, cache, logger, metrics });
    // Not waited for: the database may not be there yet. Until it is done nobody has a key, and the service is not ready.
    let someoneHasAKey = config.AUTH === 'open';
    const firstKey = backgroundLoop('see that someone has a key', logger, async () => {
      if (!someoneHasAKey) await ensureFirstKey(repositories, config.ADMIN_KEY, logger);
      someoneHasAKey = true;
      return SWEEP_INTERVAL_MS;
    });
    const sweepAll = async (): Promise<number> => {
      // One that fails, over a file that cannot be removed for instance, keeps none of the others waiting.
      const swept = await Promise.allSettled([
        sweepUploads(repositories, uploads, logger),
        repositories.idempotency.forget(db, IDEMPOTENCY_KEY_SECONDS),
        repositories.sessions.forgetEnded(db),
        renditionFiles.shrinkTo(config.RENDITION_CACHE_BYTES),
      ]);
      const failures = swept.flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []));
      if (failures.length > 0) throw new AggregateError(failures, 'not all could be swept');
      return SWEEP_INTERVAL_MS;
    };
    // What cannot be removed now can seldom be in five seconds, and each turn reads the whole cache.
    const sweep = backgroundLoop('sweep what is no longer needed', logger, sweepAll, SWEEP_INTERVAL_MS);

    const pace = { quietSeconds: config.STATIC_BOXES_QUIET_SECONDS, latestSeconds: LATEST_SECONDS };
    const staticBoxes = backgroundLoop('look for static boxes', logger, async (signal) => {
      await searchStaticBoxes(repositories, pace, logger, signal);
      return STATIC_BOXES_INTERVAL_MS;
    });

    const tallies = new RunTallyRepository();
    const imageDays = new ImageDayRepository();
    const fold = backgroundLoop('fold counts', logger, async (signal) => {
      await tallies.fold(db);
      await imageDays.fold(db, signal);
      return FOLD_INTERVAL_MS;
    });
    // So that readers, who form what is stale too, find little to do.
    const form = backgroundLoop('form events', logger, async (signal) => {
      await repositories.events.formStale(db, null, signal);
      return FORM_INTERVAL_MS;
    });

    return {
      checks: {
        // That the page answers at all says that the event loop turns; nothing else here can only be mended by a restart.
        live: {},
        ready: {
          http: () => http.assertListening(),
          keys: () => {
            if (!someoneHasAKey) throw new Error('no key could be made yet');
          },
          postgres: () => pingDatabase(db),
          broker: () => broker.assertReady(),
        },
      },
      drain: async () => {
        // These requests do not end by themselves; their clients go on elsewhere, where they were.
        const silent = eventStreams.close();
        // Most of the time for requests under way, the rest for the connections behind them.
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
          staticBoxes.stop(),
          firstKey.stop(),
          clock.stop(),
        ]);
        await Promise.all([broker.close(), cache.close()]);
        await db.destroy();
      },
    };
  },
);

/** Of the package that the bundle (`dist/bundle/main.js`) belongs to. */
function packageVersion(): string {
  try {
    const { version } = JSON.parse(readFileSync(join(__dirname, '../../package.json'), 'utf8')) as { version?: string };
    return version ?? 'unknown';
  } catch {
    // An image may hold the bundle alone.
    return 'unknown';
  }
}
