import { randomBytes, randomUUID } from 'node:crypto';
import type { RequestHandler, Response } from 'express';
import type { Logger } from '@pugmark/platform';

export interface RequestContext {
  /** The client's own id if it is valid; repeated in every response, problem and log line. */
  readonly requestId: string;
  /** W3C Trace Context, passed on to the tasks that the request creates. */
  readonly traceparent: string;
  readonly logger: Logger;
}

/** https://www.w3.org/TR/trace-context/#traceparent-header, version 00; all zeros are invalid. */
const TRACEPARENT = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;
const REQUEST_ID = /^[A-Za-z0-9._:/+=-]{1,128}$/;

export function requestContext(logger: Logger): RequestHandler {
  return (request, response, next) => {
    const givenId = request.get('x-request-id');
    const requestId = givenId !== undefined && REQUEST_ID.test(givenId) ? givenId : randomUUID();
    const givenTrace = request.get('traceparent');
    const traceparent = givenTrace !== undefined && TRACEPARENT.test(givenTrace) ? givenTrace : newTraceparent();
    const context: RequestContext = {
      requestId,
      traceparent,
      logger: logger.child({ requestId, traceId: traceparent.slice(3, 35) }),
    };
    response.locals['context'] = context;
    response.set('x-request-id', requestId);
    next();
  };
}

export function contextOf(response: Response): RequestContext {
  return response.locals['context'] as RequestContext;
}

function newTraceparent(): string {
  return `00-${randomBytes(16).toString('hex')}-${randomBytes(8).toString('hex')}-01`;
}
