import express, { type Express } from 'express';
import { Authenticator } from './access/authenticator';
import { AccessGuard } from './access/guard';
import { notFound } from './api/http-problem';
import { mountOperations } from './api/mount-operations';
import type { Operation } from './api/operation';
import type { GatewayDependencies } from './dependencies';
import { accessLog } from './middleware/access-log';
import { problemHandler } from './middleware/problem-handler';
import { requestContext } from './middleware/request-context';
import { refuseCrossSite, securityHeaders } from './middleware/security';
import { deploymentsRouter } from './routes/deployments.router';
import { docsPage } from './routes/docs-page';
import { eventsRouter } from './routes/events.router';
import { exportsRouter } from './routes/exports.router';
import { feedRouter } from './routes/feed.router';
import { imagesRouter } from './routes/images.router';
import { incidentsRouter } from './routes/incidents.router';
import { ingestsRouter } from './routes/ingests.router';
import { keysRouter } from './routes/keys.router';
import { locationsRouter } from './routes/locations.router';
import { modelsRouter } from './routes/models.router';
import { openApiRouter } from './routes/openapi.router';
import { picturesRouter } from './routes/pictures.router';
import { processingRouter } from './routes/processing.router';
import { projectsRouter } from './routes/projects.router';
import { reviewQueueRouter } from './routes/review-queue.router';
import { reviewsRouter } from './routes/reviews.router';
import { runsRouter } from './routes/runs.router';
import { sessionRouter } from './routes/session.router';
import { staticBoxesRouter } from './routes/static-boxes.router';
import { statisticsRouter } from './routes/statistics.router';
import { systemRouter } from './routes/system.router';
import { taxaRouter } from './routes/taxa.router';
import { uploadsRouter } from './routes/uploads.router';

/** Ten wrong keys from one address, then it waits. */
const WRONG_KEYS = { name: 'wrong-keys', calls: 10, seconds: 600 };

/** The REST API below `/api/v1`, and its documentation at `/docs`. */
export function createApp(dependencies: GatewayDependencies): Express {
  const { stores, limiters, settings } = dependencies;
  const authenticator = new Authenticator(stores);
  const operations = allOperations(dependencies, authenticator);
  const guard = new AccessGuard({
    stores,
    authenticator: settings.auth === 'open' ? null : authenticator,
    limiter:
      settings.requestsPerMinute === 0
        ? null
        : limiters.rateLimiter({ name: 'requests', calls: settings.requestsPerMinute, seconds: 60 }),
  });
  const app = express();
  app.disable('x-powered-by');
  // Operations say which of their answers have one.
  app.disable('etag');
  app.set('trust proxy', settings.trustedProxies);
  app.use(requestContext(dependencies.logger), accessLog(dependencies.metrics), securityHeaders, refuseCrossSite);
  app.use('/api/v1', mountOperations([...operations, ...openApiRouter(operations, dependencies.version)], guard));
  app.use('/docs', docsPage());
  app.use(() => {
    throw notFound('such address');
  });
  app.use(problemHandler);
  return app;
}

/** Everything that the API can do, but for the document of it. */
export function allOperations(dependencies: GatewayDependencies, authenticator: Authenticator): Operation[] {
  const { stores, limiters } = dependencies;
  return [
    ...projectsRouter(stores),
    ...locationsRouter(stores),
    ...taxaRouter(stores),
    ...deploymentsRouter(stores),
    ...staticBoxesRouter(stores),
    ...ingestsRouter(dependencies),
    ...uploadsRouter(dependencies),
    ...imagesRouter(stores),
    ...picturesRouter(dependencies),
    ...reviewsRouter(stores),
    ...reviewQueueRouter(stores),
    ...runsRouter(dependencies),
    ...modelsRouter(stores),
    ...eventsRouter(stores),
    ...statisticsRouter(stores),
    ...processingRouter(stores),
    ...exportsRouter(dependencies),
    ...feedRouter(dependencies),
    ...incidentsRouter(stores),
    ...systemRouter(dependencies),
    ...keysRouter(stores, authenticator),
    ...sessionRouter({ stores, authenticator, wrongKeys: limiters.rateLimiter(WRONG_KEYS) }),
  ];
}
