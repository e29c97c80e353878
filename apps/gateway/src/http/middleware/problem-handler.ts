import type { ErrorRequestHandler, Request } from 'express';
import { contextOf } from './request-context';
import { toProblem } from './to-problem';

/**
 * Maximum time for which the rest of a refused body is read and discarded, so that the client can read the response.
 */
const DISCARD_MS = 10_000;

/** Answers errors as `application/problem+json`. */
export const problemHandler: ErrorRequestHandler = (error: unknown, request, response, _next) => {
  const { requestId, logger } = contextOf(response);
  const problem = toProblem(error);
  if (problem.status === 500) logger.error({ err: error }, 'a request failed unexpectedly');
  else if (problem.status > 500)
    logger.warn({ err: error, code: problem.code }, 'a request could not be served at present');
  if (response.headersSent) {
    // Part of the response is sent: only a reset connection shows the client that it is incomplete.
    response.destroy();
    return;
  }
  discardBody(request);
  const body = Buffer.from(JSON.stringify(problem.body(request.originalUrl.split('?')[0] ?? '/', requestId)));
  // Not `send`, which would give the problem an ETag.
  response
    .status(problem.status)
    .set(problem.headers)
    .set({ 'content-type': 'application/problem+json', 'content-length': String(body.length) })
    .end(body);
};

/**
 * Closing the connection while the client still sends would reset it before the client reads the response; reading
 * without a bound would let it send forever.
 */
function discardBody(request: Request): void {
  if (request.complete || request.destroyed) return;
  request.unpipe();
  request.resume();
  const limit = setTimeout(() => request.socket.destroy(), DISCARD_MS);
  limit.unref();
  request.once('close', () => clearTimeout(limit));
}
