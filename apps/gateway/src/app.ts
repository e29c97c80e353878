import express, { type Express } from 'express';
import { Authenticator } from './http/access/authenticator';
import { AccessGuard } from './http/access/guard';
import { HeavyRequests } from './http/heavy-requests';
import { notFound } from './http/http-problem';
import { mountOperations } from './http/mount-operations';
import type { Operation } from './http/operation';
import type { GatewayDependencies } from './dependencies';
import { accessLog } from './http/middleware/access-log';
import { problemHandler } from './http/middleware/problem-handler';
import { requestContext } from './http/middleware/request-context';
import { refuseCrossSite, securityHeaders } from './http/middleware/security';
import { bulkChangesRouter } from './features/bulk-changes/bulk-changes.router';
import { deploymentsRouter } from './features/deployments/deployments.router';
import { docsPage } from './http/openapi/docs-page';
import { eventsRouter } from './features/events/events.router';
import { exportsRouter } from './features/exports/exports.router';
import { feedRouter } from './features/feed/feed.router';
import { imagesRouter } from './features/images/images.router';
import { incidentsRouter } from './features/incidents/incidents.router';
import { ingestsRouter } from './features/ingests/ingests.router';
import { keysRouter } from './features/keys/keys.router';
import { locationsRouter } from './features/locations/locations.router';
import { modelsRouter } from './features/models/models.router';
import { openApiRouter } from './http/openapi/openapi.router';
import { renditionsRouter } from './features/renditions/renditions.router';
import { processingRouter } from './features/system/processing.router';
import { projectsRouter } from './features/projects/projects.router';
import { reviewQueueRouter } from './features/reviews/review-queue.router';
import { reviewsRouter } from './features/reviews/reviews.router';
import { runsRouter } from './features/runs/runs.router';
import { sessionRouter } from './features/keys/session.router';
import { staticDetectionsRouter } from './features/static-detections/static-detections.router';
import { statisticsRouter } from './features/statistics/statistics.router';
import { systemRouter } from './features/system/system.router';
import { taxaRouter } from './features/taxa/taxa.router';
import { uploadsRouter } from './features/uploads/uploads.router';

/** The REST API below `/api/v1`, and its documentation at `/docs`. */
export function createApp(dependencies: GatewayDependencies): Express {
  const { limiters, settings, metrics } = dependencies;
  const authenticator = new Authenticator({
    db: dependencies.accessDb,
    keys: dependencies.keys,
    sessions: dependencies.sessions,
    refused:
      settings.refusedKeysPerMinute === 0
        ? null
        : limiters.rateLimiter({ name: 'refused-keys', calls: settings.refusedKeysPerMinute, seconds: 60 }),
  });
  const operations = allOperations(dependencies, authenticator);
  const guard = new AccessGuard({
    deps: dependencies,
    authenticator: settings.auth === 'open' ? null : authenticator,
    limiter:
      settings.requestsPerMinute === 0
        ? null
        : limiters.rateLimiter({ name: 'requests', calls: settings.requestsPerMinute, seconds: 60 }),
  });
  const app = express();
  app.disable('x-powered-by');
  // Operations set their own ETags.
  app.disable('etag');
  app.set('trust proxy', settings.trustedProxies);
  app.use(requestContext(dependencies.logger), accessLog(metrics), securityHeaders, refuseCrossSite);
  const heavyRequests = new HeavyRequests({ max: settings.maxHeavyRequests, metrics });
  const mounted = [...operations, ...openApiRouter(operations, dependencies.version)];
  app.use('/api/v1', mountOperations(mounted, guard, heavyRequests));
  app.use('/docs', docsPage());
  app.use(() => {
    throw notFound('resource at this address');
  });
  app.use(problemHandler);
  return app;
}

/** All operations of the API, except the one that serves the OpenAPI document. */
export function allOperations(dependencies: GatewayDependencies, authenticator: Authenticator): Operation[] {
  return [
    ...projectsRouter(dependencies),
    ...locationsRouter(dependencies),
    ...taxaRouter(dependencies),
    ...deploymentsRouter(dependencies),
    ...staticDetectionsRouter(dependencies),
    ...ingestsRouter(dependencies),
    ...uploadsRouter(dependencies),
    ...imagesRouter(dependencies),
    ...renditionsRouter(dependencies),
    ...reviewsRouter(dependencies),
    ...reviewQueueRouter(dependencies),
    ...runsRouter(dependencies),
    ...modelsRouter(dependencies),
    ...eventsRouter(dependencies),
    ...statisticsRouter(dependencies),
    ...processingRouter(dependencies),
    ...exportsRouter(dependencies),
    ...bulkChangesRouter(dependencies),
    ...feedRouter(dependencies),
    ...incidentsRouter(dependencies),
    ...systemRouter(dependencies),
    ...keysRouter(dependencies, authenticator),
    ...sessionRouter(dependencies, authenticator),
  ];
}
