import express, { type Express } from 'express';
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
import { exportsRouter } from './routes/exports.router';
import { imagesRouter } from './routes/images.router';
import { ingestsRouter } from './routes/ingests.router';
import { locationsRouter } from './routes/locations.router';
import { modelsRouter } from './routes/models.router';
import { openApiRouter } from './routes/openapi.router';
import { picturesRouter } from './routes/pictures.router';
import { processingRouter } from './routes/processing.router';
import { projectsRouter } from './routes/projects.router';
import { runsRouter } from './routes/runs.router';
import { systemRouter } from './routes/system.router';
import { uploadsRouter } from './routes/uploads.router';

/** The REST API below `/api/v1`, and its documentation at `/docs`. */
export function createApp(dependencies: GatewayDependencies): Express {
  const app = express();
  app.disable('x-powered-by');
  app.use(requestContext(dependencies.logger), accessLog(dependencies.metrics), securityHeaders, refuseCrossSite);
  app.use('/api/v1', mountOperations(operationsOf(dependencies)));
  app.use('/docs', docsPage());
  app.use(() => {
    throw notFound('such address');
  });
  app.use(problemHandler);
  return app;
}

function operationsOf(dependencies: GatewayDependencies): Operation[] {
  const { stores } = dependencies;
  const operations = [
    ...projectsRouter(stores),
    ...locationsRouter(stores),
    ...deploymentsRouter(stores),
    ...ingestsRouter(dependencies),
    ...uploadsRouter(dependencies),
    ...imagesRouter(stores),
    ...picturesRouter(dependencies),
    ...runsRouter(stores),
    ...modelsRouter(stores),
    ...processingRouter(stores),
    ...exportsRouter(dependencies),
    ...systemRouter(dependencies),
  ];
  return [...operations, ...openApiRouter(operations, dependencies.version)];
}
