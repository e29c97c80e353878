import type { Request, Response } from 'express';
import type { ProjectResource } from '@pugmark/db';
import type { Logger } from '@pugmark/platform';
import type { Caller } from './access/caller';
import type { DtoClass, Schema } from './schema';
import type { Scope } from './scopes';

export type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';

/** One request, checked. */
export interface Call<Query, Body> {
  /** Of the resource that the path names; 0 where it names none. */
  readonly id: number;
  readonly query: Query;
  /** Of the declared class; the text of a CSV file; nothing for a form or an archive, which the handler reads from `request`. */
  readonly body: Body;
  readonly caller: Caller;
  readonly request: Request;
  readonly response: Response;
  /** W3C Trace Context, handed on to the tasks that the request creates. */
  readonly traceparent: string;
  readonly logger: Logger;
  /**
   * Throws a 412 unless the state that the client saw is the present one. To be called where `ifMatch` is true, with what GET would answer
   * now, in the transaction that makes the change and after it has locked the row: between this and the change nothing may come.
   */
  readonly assertMatches: (present: object) => void;
}

/** What can be said of a request before its body is read. */
export type Admission<Query> = Pick<Call<Query, undefined>, 'query' | 'caller' | 'request'>;

/** What is answered when all goes well: JSON of a class, a list of them, or a file or events that the handler sends itself. */
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

/** Nothing but what is written here is taken, answered or documented: the routes and the OpenAPI document are made from it. */
export interface Operation<Query = object, Body = unknown, Value = unknown> {
  readonly method: Method;
  /** Below `/api/v1`; its only parameter is `:id`, that of the resource named by the first segment. */
  readonly path: string;
  /** Its `operationId`: what generated clients call it. */
  readonly name: string;
  /** One line for people. */
  readonly summary: string;
  /** What a key needs; `any`: a key, whatever it may do; null: not even that. */
  readonly scope: Scope | 'any' | null;
  /** It belongs to no project: keys that are bound to projects may do it too. */
  readonly anyProject?: boolean;
  /** Where the query names no project, it answers of all that the key may see: the handler leaves out the others. */
  readonly ownProjects?: boolean;
  /** What the query names besides `projectId`; keys that are bound to projects may name what is theirs. */
  readonly touches?: (query: Query) => readonly { readonly resource: ProjectResource; readonly id: number }[];
  readonly query?: DtoClass<Query & object>;
  readonly body?: BodySpec<Body>;
  readonly answer: Answer<Value>;
  /** Statuses of problems beyond those that follow from the rest. */
  readonly problems?: readonly number[];
  /** It changes nothing, whatever its method: the audit log need not know of it. */
  readonly asks?: boolean;
  /** With an `Idempotency-Key` it is done once, however often it is sent. */
  readonly once?: boolean;
  /** Refuses, before the body is read, what there is no room for. */
  readonly admit?: (call: Admission<Query>) => Promise<void>;
  /** It takes `If-Match` with the ETag that GET answers at the same path. */
  readonly ifMatch?: boolean;
  readonly handle: (call: Call<Query, Body>) => Promise<Value>;
}

/** Checks that the parts of an operation fit together, and forgets their types. */
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

/** What the first segment of a path calls its resource: `run` for `/runs/:id/cancel`, `taxon` for `/taxa/:id`, `static box` for `/static-boxes/:id`. */
export function resourceOf(path: string): string {
  return (path.split('/')[1] ?? '')
    .replace(/(?<=x)es$|s$/, '')
    .replace(/^taxa$/, 'taxon')
    .replaceAll('-', ' ');
}
