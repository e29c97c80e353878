import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runPugmarkService } from '@pugmark/service';
import { ExportStorage, ImageStorage, RenditionStorage, UploadStorage } from '@pugmark/storage';
import { createApp } from './app';
import { GatewayConfig, assertNotOpenToAll } from './config';
import { EventStreams, STREAM_TIMES } from './features/feed/event-streams';
import { feedLoop } from './features/feed/write-feed';
import { IsolatedImageChecker } from './features/renditions/image-checker';
import { IsolatedRenderer } from './features/renditions/renderer';
import { Renditions } from './features/renditions/renditions';
import { HttpServer } from './http/http-server';
import { createRepositories } from './repositories';
import { settingsOf } from './settings';
import { startLoops } from './start-loops';

/** For the keys of requests and event streams; a few rows per second. */
const ACCESS_CONNECTIONS = 2;
const CHILDREN = join(__dirname, 'features', 'renditions');

runPugmarkService('gateway', GatewayConfig, process.env, async ({ config, logger, metrics, runtime }) => {
  assertNotOpenToAll(config);
  const repositories = createRepositories(runtime.db);
  const cache = runtime.openCache(config);
  const broker = runtime.openBroker();
  const uploads = new UploadStorage(config.STORAGE_DIR);
  const renditionFiles = new RenditionStorage(config.STORAGE_DIR);
  const renderer = new IsolatedRenderer({ childPath: join(CHILDREN, 'render.child.js'), logger });
  const imageChecker = new IsolatedImageChecker({ childPath: join(CHILDREN, 'check.child.js'), logger });
  const accessDb = runtime.openDatabase('access', ACCESS_CONNECTIONS);
  const eventStreams = new EventStreams({
    deps: repositories,
    accessDb,
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
    accessDb,
    uploads,
    exportFiles: new ExportStorage(config.STORAGE_DIR),
    imageFiles: new ImageStorage(config.STORAGE_DIR),
    renditions: new Renditions(renditionFiles, renderer),
    imageChecker,
    cache,
    limiters: cache,
    eventStreams,
    settings: settingsOf(config),
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
  runtime.onReady('http', () => http.assertListening());
  // Event streams do not end by themselves; their clients reconnect to another gateway and continue.
  runtime.onDrain('intake', () => eventStreams.close());
  runtime.onDrain('intake', async () => {
    // Most of the time for requests in flight, the rest for the connections behind them.
    await http.close(config.SHUTDOWN_TIMEOUT_MS * 0.6);
    renderer.close();
    imageChecker.close();
  });

  broker.start();
  // The gateway creates tasks, so it also publishes their notifications: work starts without any other service.
  runtime.startDispatcher(broker);
  const feed = feedLoop({ deps: repositories, cache, logger, metrics });
  runtime.onDrain('loops', () => feed.stop());
  startLoops({ runtime, config, repositories, renditionFiles, logger });
});

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
