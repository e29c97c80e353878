import type { Request, RequestHandler } from 'express';
import { Histogram, type Registry } from '@pugmark/platform';
import { contextOf } from './request-context';

/** Logs and measures each request once its response is sent or its client has disconnected. */
export function accessLog(metrics: Registry): RequestHandler {
  const seconds = new Histogram({
    name: 'pugmark_http_request_seconds',
    help: 'Duration of HTTP requests, from arrival to the end of the response',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60],
    registers: [metrics],
  });
  return (request, response, next) => {
    const startedAt = performance.now();
    const path = request.originalUrl.split('?')[0];
    response.once('close', () => {
      const ms = performance.now() - startedAt;
      const status = response.writableFinished ? response.statusCode : 499;
      seconds.observe({ method: request.method, route: routeOf(request), status }, ms / 1_000);
      // Reads are frequent and change nothing.
      const level = status < 400 && (request.method === 'GET' || request.method === 'HEAD') ? 'debug' : 'info';
      contextOf(response).logger[level]({ method: request.method, path, status, ms: Math.round(ms) }, 'answered');
    });
    next();
  };
}

/** The route pattern, not the path: a label per id would create a series per id. */
function routeOf(request: Request): string {
  const route = request.route as { path?: unknown } | undefined;
  return typeof route?.path === 'string' ? route.path : 'none';
}
