import express, { type Express } from 'express';
import type { GatewayDependencies } from './dependencies';
import { accessLog } from './middleware/access-log';
import { notFound } from './middleware/http-problem';
import { problemHandler } from './middleware/problem-handler';
import { requestContext } from './middleware/request-context';
import { refuseCrossSite, securityHeaders } from './middleware/security';
import { deploymentsRouter } from './routes/deployments.router';
import { exportsRouter } from './routes/exports.router';
import { imagesRouter } from './routes/images.router';
import { ingestsRouter } from './routes/ingests.router';
import { locationsRouter } from './routes/locations.router';
import { modelsRouter } from './routes/models.router';
import { picturesRouter } from './routes/pictures.router';
import { processingRouter } from './routes/processing.router';
import { projectsRouter } from './routes/projects.router';
import { runsRouter } from './routes/runs.router';
import { systemRouter } from './routes/system.router';
import { uploadsRouter } from './routes/uploads.router';

/** The REST API, below `/api/v1`. */
export function createApp(dependencies: GatewayDependencies): Express {
  const { stores } = dependencies;
  const app = express();
  app.disable('x-powered-by');
  // Answers are small and change all the time; hashing each of them would buy nothing.
  app.disable('etag');
  app.use(requestContext(dependencies.logger), accessLog(dependencies.metrics), securityHeaders, refuseCrossSite);
  app.use(
    '/api/v1',
    projectsRouter(stores),
    locationsRouter(stores),
    deploymentsRouter(stores),
    ingestsRouter(dependencies),
    uploadsRouter(dependencies),
    modelsRouter(stores),
    runsRouter(stores),
    imagesRouter(stores),
    picturesRouter(dependencies),
    processingRouter(stores),
    exportsRouter(dependencies),
    systemRouter(dependencies),
  );
  app.use(() => {
    throw notFound('such address');
  });
  app.use(problemHandler);
  return app;
}
