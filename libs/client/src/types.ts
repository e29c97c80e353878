import type { ParamsOption } from 'openapi-fetch';
import type { components, paths } from './generated/schema';

/** Request and response bodies by name: `Schemas['RunResponse']`. */
export type Schemas = components['schemas'];

export type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';

type PathWith<M extends Method> = {
  [P in keyof paths]: paths[P] extends Record<M, { responses: object }> ? P : never;
}[keyof paths];

type OperationOf<P extends keyof paths, M extends Method> = M extends keyof paths[P]
  ? Extract<paths[P][M], { responses: object }>
  : never;

type BodyOf<Operation> = Operation extends { requestBody: { content: infer Content } }
  ? { readonly body: Content[keyof Content] }
  : { readonly body?: never };

/** Parameters of a call: `params.path`, `params.query`, `params.header`, `body`, as documented. */
export type Init<Operation> = ParamsOption<Operation> & BodyOf<Operation> & { readonly signal?: AbortSignal };

/** Optional where nothing in it is required. */
export type InitOf<Operation> = object extends Init<Operation> ? [init?: Init<Operation>] : [init: Init<Operation>];

type ContentOf<Response> = Response extends { content: infer Content } ? Content[keyof Content] : never;

type DataOf<Operation> = Operation extends { responses: infer Responses }
  ? ContentOf<Responses[Extract<keyof Responses, 200 | 201 | 202>]>
  : never;

/** Result of a call: JSON of the documented form, a Blob for a file, undefined for 204. */
export type Answer<P extends keyof paths, M extends Method> = [DataOf<OperationOf<P, M>>] extends [never]
  ? void
  : DataOf<OperationOf<P, M>>;

export type Call<M extends Method> = <P extends PathWith<M>>(
  path: P,
  ...init: InitOf<OperationOf<P, M>>
) => Promise<Answer<P, M>>;

export interface Page {
  readonly items: readonly unknown[];
  readonly nextCursor: string | null;
}

/** Paths of paged lists. */
export type ListPath = { [P in PathWith<'get'>]: Answer<P, 'get'> extends Page ? P : never }[PathWith<'get'>];

export type ItemOf<P extends ListPath> = Answer<P, 'get'> extends { items: readonly (infer Item)[] } ? Item : never;

export type ListInit<P extends ListPath> = InitOf<OperationOf<P, 'get'>>;
