import { STATUS_CODES } from 'node:http';
import { ProblemResponse } from '../dto/problem.dto';
import { hasEtag } from '../etag';
import { resourceOf, type Operation } from '../operation';
import type { Schema } from '../schema';
import { Schemas, queryParameters } from './schemas';

const BODY_LIMIT = '1 MB';

/** https://spec.openapis.org/oas/v3.1.0, built from the operations and their DTO classes. */
export function openApiDocument(operations: readonly Operation[], version: string): object {
  const schemas = new Schemas();
  const content = { 'application/problem+json': { schema: schemas.refTo(ProblemResponse) } };
  const paths: Record<string, Record<string, object>> = {};
  for (const one of operations) {
    const path = `/api/v1${one.path.replace(':id', '{id}')}`;
    paths[path] = { ...paths[path], [one.method]: operationObject(one, schemas) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Pugmark',
      version,
      description:
        'Camera-trap images: what is on them, where and when. Problems are RFC 9457; lists are paged with `cursor`. Requests that are not HTTP, have too many headers or take too long to arrive are answered with 400, 431 or 408 before they reach an operation.',
    },
    servers: [{ url: '/' }],
    tags: [...new Set(operations.map(tagOf))].map((name) => ({ name })),
    paths,
    security: [{ key: [] }, { session: [] }],
    components: {
      schemas: schemas.all(),
      responses: problemResponses(operations, content),
      headers: HEADERS,
      securitySchemes: SECURITY,
    },
  };
}

/** One shared response per status, which the operations refer to. */
function problemResponses(operations: readonly Operation[], content: object): object {
  const statuses = [...new Set(operations.flatMap(problemStatuses))].sort((a, b) => a - b);
  return Object.fromEntries(
    statuses.map((status) => [
      problemName(status),
      { description: STATUS_CODES[status], headers: problemHeaders(status), content },
    ]),
  );
}

/** `NotFound` */
function problemName(status: number): string {
  return STATUS_CODES[status]!.replace(/\W/g, '');
}

const SECURITY = {
  key: { type: 'http', scheme: 'bearer', description: 'An API key, `pm_…`, created with `POST /api/v1/keys`.' },
  session: {
    type: 'apiKey',
    in: 'cookie',
    name: 'pugmark_session',
    description: 'For web pages: `POST /api/v1/session`. Changes need the header `x-csrf-token` too.',
  },
};

const HEADERS = {
  'X-Request-Id': {
    required: true,
    description: "Id of this request, to search the gateway's log for.",
    schema: { type: 'string' },
  },
  ETag: {
    description: 'Strong, of this response: for If-None-Match, and for If-Match where the operation takes it.',
    schema: { type: 'string' },
  },
  'Retry-After': { required: true, description: 'Seconds after which to retry.', schema: { type: 'integer' } },
};

function operationObject(one: Operation, schemas: Schemas): object {
  return {
    operationId: one.name,
    tags: [tagOf(one)],
    summary: one.summary,
    parameters: parametersOf(one, schemas),
    ...(one.body === undefined
      ? {}
      : { requestBody: { required: true, content: { [one.body.media]: { schema: bodySchema(one.body, schemas) } } } }),
    responses: {
      ...success(one, schemas),
      ...Object.fromEntries(
        problemStatuses(one).map((status) => [
          String(status),
          { $ref: `#/components/responses/${problemName(status)}` },
        ]),
      ),
    },
    ...(one.scope === null ? { security: [] } : { 'x-scope': one.scope }),
  };
}

function tagOf({ path }: Operation): string {
  // Lists such as the locations of a project are tagged with their own resource.
  const segments = path.split('/').filter((segment) => segment !== '' && segment !== ':id');
  return (segments[0] === 'projects' ? segments[1] : undefined) ?? segments[0] ?? 'system';
}

function parametersOf(one: Operation, schemas: Schemas): object[] {
  const id = {
    name: 'id',
    in: 'path',
    required: true,
    description: `Id of the ${resourceOf(one.path)}.`,
    schema: { type: 'integer', minimum: 1, maximum: Number.MAX_SAFE_INTEGER },
  };
  const once = {
    name: 'Idempotency-Key',
    in: 'header',
    required: false,
    description: 'A repeated request with the same key creates nothing twice; kept for two days.',
    schema: { type: 'string', minLength: 1, maxLength: 200, pattern: '^[!-~]+$' },
  };
  const lastEventId = {
    name: 'Last-Event-ID',
    in: 'header',
    required: false,
    description:
      'The id of the last event received: the stream continues right after it. Browsers set it when they reconnect.',
    schema: { type: 'integer', minimum: 0 },
  };
  const ifMatch = {
    name: 'If-Match',
    in: 'header',
    required: false,
    description: 'The ETag that GET returned: when the present one differs, nothing is changed (412). `*`: any.',
    schema: { type: 'string' },
  };
  const query = one.query === undefined ? [] : queryParameters(one.query);
  return [
    ...(one.path.includes(':id') ? [id] : []),
    ...query.map(({ name, required, schema }) => {
      const { description, ...rest } = schemas.resolve(schema);
      return { name, in: 'query', required, ...(description === undefined ? {} : { description }), schema: rest };
    }),
    ...(one.idempotent === true ? [once] : []),
    ...('events' in one.answer ? [lastEventId] : []),
    ...(one.ifMatch === true ? [ifMatch] : []),
  ];
}

function bodySchema(spec: NonNullable<Operation['body']>, schemas: Schemas): Schema {
  if (spec.media === 'application/json') return schemas.refTo(spec.type);
  if (spec.media === 'text/csv')
    return {
      type: 'string',
      minLength: 1,
      description: `UTF-8, at most ${BODY_LIMIT}; the first line names the columns.`,
    };
  if (spec.media === 'application/zip')
    return {
      type: 'string',
      contentMediaType: 'application/octet-stream',
      description: 'Images, in any folders. Helper files of macOS and Windows are skipped.',
    };
  return {
    type: 'object',
    properties: {
      files: {
        type: 'array',
        minItems: 1,
        items: { type: 'string', contentMediaType: 'application/octet-stream' },
        description: 'The images, each with its file name.',
      },
    },
    required: ['files'],
    additionalProperties: false,
  };
}

function success(one: Operation, schemas: Schemas): Record<string, object> {
  const { answer } = one;
  if (answer.status === 204) return { '204': { description: STATUS_CODES[204] } };
  if ('files' in answer) {
    const content = Object.fromEntries(
      answer.files.map((type) => [type, { schema: { type: 'string', contentMediaType: type } }]),
    );
    return {
      '200': { description: STATUS_CODES[200], content },
      ...(answer.ranges ? { '206': { description: STATUS_CODES[206], content } } : {}),
      '304': { description: STATUS_CODES[304] },
    };
  }
  if ('events' in answer) {
    const events = Object.fromEntries(Object.entries(answer.events).map(([name, type]) => [name, schemas.refTo(type)]));
    const schema = {
      type: 'string',
      description: 'Server-sent events; `x-events` has the schemas of their `data`, by `event`.',
    };
    return {
      '200': {
        description: 'OK: events, until the client disconnects.',
        content: { 'text/event-stream': { schema, 'x-events': events } },
      },
    };
  }
  const known = {
    ...(answer.location === undefined
      ? {}
      : { Location: { description: 'Path of the created resource.', schema: { type: 'string' } } }),
    ...(hasEtag(one) ? { ETag: { $ref: '#/components/headers/ETag' } } : {}),
  };
  const headers = Object.keys(known).length === 0 ? {} : { headers: known };
  return {
    [String(answer.status)]: {
      description: STATUS_CODES[answer.status],
      ...headers,
      content: { 'application/json': { schema: schemas.resolve(answer.json.schema) } },
    },
    ...(one.method === 'get'
      ? { '304': { description: 'Not Modified: unchanged since the ETag in If-None-Match.' } }
      : {}),
  };
}

/** The statuses that any operation of this form can have, and its own. */
function problemStatuses(one: Operation): number[] {
  return [
    ...new Set([
      400,
      ...(one.scope === null ? [] : [401, 403]),
      429,
      ...(one.path.includes(':id') ? [404] : []),
      ...(one.body === undefined ? [] : [413, 415]),
      ...(one.idempotent === true ? [422] : []),
      ...(one.ifMatch === true ? [412] : []),
      ...(one.problems ?? []),
      // Cross-site requests.
      ...(one.method === 'get' ? [] : [403]),
      503,
    ]),
  ].sort((a, b) => a - b);
}

function problemHeaders(status: number): object {
  const retry = status === 429 || status === 503 ? { 'Retry-After': { $ref: '#/components/headers/Retry-After' } } : {};
  return { 'X-Request-Id': { $ref: '#/components/headers/X-Request-Id' }, ...retry };
}
