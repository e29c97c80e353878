import type { Request, Response } from 'express';
import type { ProjectResource } from '@pugmark/db';
import type { Logger } from '@pugmark/platform';
import type { Caller } from './access/caller';
import type { DtoClass, Schema } from './schema';
import type { Scope } from './scopes';

export type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';

/** One validated request. */
export interface Call<Query, Body> {
  /** Id in the path; 0 where the path has none. */
  readonly id: number;
  readonly query: Query;
  /**
   * Instance of the declared class; the text of a CSV file; undefined for a form or an archive, which the handler reads
   * from `request`.
   */
  readonly body: Body;
  readonly caller: Caller;
  readonly request: Request;
  readonly response: Response;
  /** W3C Trace Context, passed on to the tasks that the request creates. */
  readonly traceparent: string;
  readonly logger: Logger;
  /**
   * Throws a 412 unless the present state is the one that the client saw. Call it where `ifMatch` is true, with what
   * GET would answer now, inside the transaction that makes the change and after it has locked the row.
   */
  readonly assertMatches: (present: object) => void;
}

/** A request before its body is read. */
export type Admission<Query> = Pick<Call<Query, undefined>, 'query' | 'caller' | 'request'>;

/** The response on success: JSON of a class or a list, or a file or events that the handler sends itself. */
export type Answer<Value> =
  | { readonly status: 200 | 201 | 202; readonly json: JsonType<Value>; readonly location?: (value: Value) => string }
  | { readonly status: 204 }
  | { readonly status: 200; readonly files: readonly string[]; readonly ranges: boolean }
  /** Server-sent events by name, each with the class of its data. */
  | { readonly status: 200; readonly events: Readonly<Record<string, DtoClass>> };

export type JsonType<Value> = { readonly schema: Schema; readonly of?: Value };

export type BodySpec<Body> =
  | { readonly media: 'application/json'; readonly type: DtoClass<Body & object> }
  | { readonly media: 'text/csv' | 'multipart/form-data' | 'application/zip' };

/** Declares one operation of the API. The routes and the OpenAPI document are both built from it. */
export interface Operation<Query = object, Body = unknown, Value = unknown> {
  readonly method: Method;
  /** Below `/api/v1`; its only parameter is `:id`, the id of the resource of the first segment. */
  readonly path: string;
  /** The `operationId`, which names it in generated clients. */
  readonly name: string;
  /** One line for people. */
  readonly summary: string;
  /** The scope that a key needs; `any`: any valid key; null: no key. */
  readonly scope: Scope | 'any' | null;
  /** Belongs to no project and is open to keys that are bound to projects. */
  readonly anyProject?: boolean;
  /** Where the query names no project, returns what the key may see: the handler filters by project. */
  readonly ownProjects?: boolean;
  /** The resources that the query names besides `projectId`; keys bound to projects may name only their own. */
  readonly references?: (query: Query) => readonly { readonly resource: ProjectResource; readonly id: number }[];
  readonly query?: DtoClass<Query & object>;
  readonly body?: BodySpec<Body>;
  readonly answer: Answer<Value>;
  /** Statuses of problems beyond those implied by the other fields. */
  readonly problems?: readonly number[];
  /** Changes nothing, whatever its method: not recorded in the audit log. */
  readonly readOnly?: boolean;
  /** Takes an `Idempotency-Key`. */
  readonly idempotent?: boolean;
  /** Refuses the request before its body is read, when the system is full. */
  readonly admit?: (call: Admission<Query>) => Promise<void>;
  /** Has statements that may take long: only so many run at a time (`HeavyRequests`). */
  readonly heavy?: boolean;
  /** Takes `If-Match` with the ETag that GET returns at the same path. */
  readonly ifMatch?: boolean;
  readonly handle: (call: Call<Query, Body>) => Promise<Value>;
}

/** Type-checks an operation and erases its type parameters. */
export function operation<Query = object, Body = undefined, Value = void>(
  definition: Operation<Query, Body, Value>,
): Operation {
  return definition as unknown as Operation;
}

export function jsonOf<Value extends object>(type: DtoClass<Value>): JsonType<Value> {
  return { schema: { $dto: type } };
}

export function body<Body extends object>(type: DtoClass<Body>): BodySpec<Body> {
  return { media: 'application/json', type };
}

export const CSV_BODY: BodySpec<string> = { media: 'text/csv' };

export const FORM_BODY: BodySpec<undefined> = { media: 'multipart/form-data' };

export const ZIP_BODY: BodySpec<undefined> = { media: 'application/zip' };

/**
 * The singular resource name of a path's first segment: `run` for `/runs/:id/cancel`, `taxon` for `/taxa/:id`, `static
 * detection` for `/static-detections/:id`.
 */
export function resourceOf(path: string): string {
  return (path.split('/')[1] ?? '')
    .replace(/(?<=x)es$|s$/, '')
    .replace(/^taxa$/, 'taxon')
    .replaceAll('-', ' ');
}
