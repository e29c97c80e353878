import type { RequestHandler } from 'express';
import { HttpProblem } from '../http-problem';

export const securityHeaders: RequestHandler = (_request, response, next) => {
  response.set({ 'x-content-type-options': 'nosniff', 'cache-control': 'no-store' });
  next();
};

/**
 * Refuses cross-site changes. A page elsewhere can make its visitor's browser send forms, uploads among them, to a
 * gateway in the visitor's network. Browsers report this in `Sec-Fetch-Site`, which pages cannot set; other clients do
 * not send it.
 */
export const refuseCrossSite: RequestHandler = (request, _response, next) => {
  const reads = ['GET', 'HEAD', 'OPTIONS'].includes(request.method);
  if (!reads && request.get('sec-fetch-site') === 'cross-site') {
    throw new HttpProblem(403, 'cross_site', 'pages of other sites may not make changes');
  }
  next();
};
