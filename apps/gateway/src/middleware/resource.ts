import type { RequestHandler, Router } from 'express';
import { HttpProblem } from './http-problem';

export interface Handlers {
  readonly get?: RequestHandler;
  readonly post?: readonly RequestHandler[];
  readonly put?: readonly RequestHandler[];
  readonly patch?: readonly RequestHandler[];
}

/** Declares what may be done with one path; any other method is a 405 that says what may. */
export function resource(router: Router, path: string, handlers: Handlers): void {
  const route = router.route(path);
  const allowed: string[] = [];
  if (handlers.get !== undefined) {
    route.get(handlers.get);
    allowed.push('GET', 'HEAD');
  }
  for (const method of ['post', 'put', 'patch'] as const) {
    const own = handlers[method];
    if (own === undefined) continue;
    route[method](...own);
    allowed.push(method.toUpperCase());
  }
  const allow = allowed.join(', ');
  route.all((request, response) => {
    if (request.method !== 'OPTIONS') {
      throw new HttpProblem(405, 'method_not_allowed', `${request.method} is not possible here; possible: ${allow}`, { headers: { allow } });
    }
    response.set('allow', allow).status(204).end();
  });
}
