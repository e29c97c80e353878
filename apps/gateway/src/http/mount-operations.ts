import { retryOnce } from '@pugmark/db';
import { Router, type Request, type RequestHandler, type Response } from 'express';
import type { Caller } from './access/caller';
import { contextOf } from './middleware/request-context';
import { csvBody } from './csv-body';
import { etagOf, hasEtag } from './etag';
import type { HeavyRequests } from './heavy-requests';
import { HttpProblem, badFields } from './http-problem';
import { ifMatchOf } from './if-match';
import { jsonBody } from './json-body';
import { resourceOf, type BodySpec, type Call, type Operation } from './operation';
import { parseDto } from './parse-dto';
import { pathId } from './path-id';
import { QueryParser } from './query-parser';

/** For JSON that changes: clients may cache it but must revalidate. */
const CACHE_BUT_REVALIDATE = 'private, no-cache';

/** Authenticates and authorizes requests. */
export interface Guard {
  /** Called before anything else of the request is read. Returns the caller. */
  enter(one: Operation, request: Request, response: Response): Promise<Caller>;
  /** Called once path, query and body are parsed. */
  assertProjects(one: Operation, call: Call<object, unknown>): Promise<void>;
}

/** Routes requests to operations; any other method on their paths is a 405 that lists the allowed ones. */
export function mountOperations(operations: readonly Operation[], guard: Guard, heavyRequests: HeavyRequests): Router {
  const router = Router();
  for (const path of new Set(operations.map((one) => one.path))) {
    const ofPath = operations.filter((one) => one.path === path);
    const route = router.route(path);
    for (const one of ofPath) route[one.method](...prepare(one, guard), serve(one, guard, heavyRequests));
    const allow = ofPath
      .flatMap(({ method }) => (method === 'get' ? ['GET', 'HEAD'] : [method.toUpperCase()]))
      .join(', ');
    route.all((request, response) => {
      if (request.method !== 'OPTIONS') {
        throw new HttpProblem(405, 'method_not_allowed', `${request.method} is not allowed here; allowed: ${allow}`, {
          headers: { allow },
        });
      }
      response.set('allow', allow).status(204).end();
    });
  }
  return router;
}

/**
 * Checks everything that can be checked before the body is read: a client should not send a gigabyte to learn that the
 * address is wrong.
 */
function prepare(one: Operation, guard: Guard): RequestHandler[] {
  const queries = one.query === undefined ? null : new QueryParser(one.query);
  return [
    async (request, response, next) => {
      response.locals['caller'] = await guard.enter(one, request, response);
      next();
    },
    (request, response, next) => {
      response.locals['id'] = one.path.includes(':id') ? pathId(request, resourceOf(one.path)) : 0;
      response.locals['query'] = queries === null ? refuseAnyQuery(request.query) : queries.parse(request);
      next();
    },
    async (request, response, next) => {
      await one.admit?.({
        query: response.locals['query'] as object,
        caller: response.locals['caller'] as Caller,
        request,
      });
      next();
    },
    ...(one.body === undefined ? [] : readers(one.body)),
  ];
}

function readers({ media }: BodySpec<unknown>): readonly RequestHandler[] {
  if (media === 'application/json') return jsonBody;
  return media === 'text/csv' ? csvBody : [];
}

function serve(one: Operation, guard: Guard, heavyRequests: HeavyRequests): RequestHandler {
  return async (request, response) => {
    const call = callOf(one, request, response);
    const handle = async (): Promise<unknown> => {
      await guard.assertProjects(one, call);
      return one.handle(call);
    };
    const isRead = one.method === 'get' || one.readOnly === true;
    const work = isRead ? () => retryOnce(handle, (err) => mayRetryRead(err, call)) : handle;
    const value = await (one.heavy === true ? heavyRequests.run(response, work) : work());
    if (!('json' in one.answer)) {
      if (one.answer.status === 204) response.status(204).end();
      return;
    }
    const { status, location } = one.answer;
    if (location !== undefined) response.location(`/api/v1${location(value)}`);
    if (one.method === 'get') response.set('cache-control', CACHE_BUT_REVALIDATE);
    const json = Buffer.from(JSON.stringify(value));
    if (hasEtag(one)) response.set('etag', etagOf(json));
    response.status(status).type('json').send(json);
  };
}

/** A partly sent response cannot be repeated. */
function mayRetryRead(err: unknown, { response, logger }: Call<object, unknown>): boolean {
  if (response.headersSent) return false;
  logger.warn({ err }, 'a database connection broke during a read; retrying over another connection');
  return true;
}

function callOf(one: Operation, request: Request, response: Response): Call<object, unknown> {
  const { traceparent, logger } = contextOf(response);
  return {
    id: response.locals['id'] as number,
    query: response.locals['query'] as object,
    body:
      one.body?.media === 'application/json'
        ? parseDto(one.body.type, request.body as object)
        : (request.body as unknown),
    caller: response.locals['caller'] as Caller,
    request,
    response,
    traceparent,
    logger,
    assertMatches: one.ifMatch === true ? ifMatchOf(request) : undeclared(one),
  };
}

function undeclared({ name }: Operation): () => never {
  return () => {
    throw new Error(`${name} does not declare If-Match`);
  };
}

function refuseAnyQuery(query: object): object {
  const fields = Object.keys(query);
  if (fields.length > 0) throw badFields(fields.map((field) => ({ field, message: 'is not known' })));
  return {};
}
