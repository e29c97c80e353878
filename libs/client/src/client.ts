import createClient from 'openapi-fetch';
import { ApiProblem, NoResponseError } from './errors';
import { encodeBody } from './encode-body';
import type { paths } from './generated/schema';
import type { Call, Init, ItemOf, ListInit, ListPath, Method, Page } from './types';

/** Limits of retries when the server asks to try again later. */
export interface RetryOptions {
  /** Maximum number of tries. */
  readonly tries: number;
  /** Maximum total wait, in milliseconds. */
  readonly waitMs: number;
}

export interface ClientOptions {
  /** Address of the server, such as `http://localhost:8080`. */
  readonly url: string;
  /** API key, `pm_…`. A web page needs none: it signs in, and its browser sends the cookie. */
  readonly key?: string | undefined;
  /** CSRF token of a page's session, for requests that change something. */
  readonly csrfToken?: string | undefined;
  /** Maximum duration of one request, including reading its answer, in milliseconds. */
  readonly deadlineMs?: number;
  readonly retry?: RetryOptions;
  /** Aborts calls in progress and every later call. */
  readonly signal?: AbortSignal | undefined;
}

const DEADLINE_MS = 30_000;
const DEFAULT_RETRY: RetryOptions = { tries: 4, waitMs: 60_000 };

type AnyInit = Init<unknown> & { readonly body?: unknown };

/**
 * Client of Pugmark's API, typed by its OpenAPI document. Runs in Node and in browsers. Throws an ApiProblem for an
 * error answer, NoResponseError when there was no valid answer, or the reason of the signal that ended the call.
 */
export class PugmarkClient {
  readonly get: Call<'get'> = this.#method('get');
  readonly post: Call<'post'> = this.#method('post');
  readonly put: Call<'put'> = this.#method('put');
  readonly patch: Call<'patch'> = this.#method('patch');
  readonly delete: Call<'delete'> = this.#method('delete');

  readonly #options: ClientOptions;
  readonly #api: ReturnType<typeof createClient<paths>>;

  constructor(options: ClientOptions) {
    const { url, key, csrfToken } = options;
    this.#options = options;
    this.#api = createClient<paths>({
      baseUrl: url,
      headers: {
        ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
        ...(csrfToken === undefined ? {} : { 'x-csrf-token': csrfToken }),
      },
    });
  }

  /** Copies the client with other options, such as another deadline for a large upload. */
  with(changes: Partial<ClientOptions>): PugmarkClient {
    return new PugmarkClient({ ...this.#options, ...changes });
  }

  /** Iterates over a list, reading pages as they are needed. */
  async *all<P extends ListPath>(path: P, ...[init]: ListInit<P>): AsyncGenerator<ItemOf<P>, void, undefined> {
    let given = (init ?? {}) as AnyInit;
    for (let before: string | null = null; ;) {
      const { items, nextCursor } = (await this.#call('get', path, given)) as Page;
      yield* items as ItemOf<P>[];
      if (nextCursor === null) return;
      if (nextCursor === before)
        throw new NoResponseError(callName('get', path, given), 'the pages of the list repeat');
      before = nextCursor;
      given = { ...given, params: { ...given.params, query: { ...given.params?.query, cursor: nextCursor } } };
    }
  }

  #method<M extends Method>(method: M): Call<M> {
    return ((path: string, init: AnyInit = {}) => this.#call(method, path, init)) as Call<M>;
  }

  /** Retries when the server says so and repeating is safe. */
  async #call(method: Method, path: string, init: AnyInit): Promise<unknown> {
    const { tries, waitMs } = this.#options.retry ?? DEFAULT_RETRY;
    const until = performance.now() + waitMs;
    for (let made = 1; ; made += 1) {
      try {
        return await this.#callOnce(method, path, init);
      } catch (error) {
        if (
          made >= tries ||
          !(error instanceof ApiProblem) ||
          ![429, 503].includes(error.status) ||
          !isRepeatable(method, init)
        )
          throw error;
        const { retryAfter } = error;
        if (retryAfter === null || performance.now() + retryAfter * 1_000 > until) throw error;
        await sleep(retryAfter * 1_000, this.#signals(init));
      }
    }
  }

  async #callOnce(method: Method, path: string, init: AnyInit): Promise<unknown> {
    const { deadlineMs = DEADLINE_MS } = this.#options;
    const { params, body } = init;
    const signals = this.#signals(init);
    const deadline = AbortSignal.timeout(deadlineMs);
    const name = callName(method, path, init);
    try {
      // Read below: anything that is not JSON is a file.
      const request = {
        params,
        ...encodeBody(body),
        parseAs: 'stream',
        signal: AbortSignal.any([deadline, ...signals]),
      };
      const { error, response } = await this.#api.request(method, path as never, request as never);
      if (!response.ok) throw new ApiProblem(name, response, error);
      return await readResponse(response);
    } catch (error) {
      if (error instanceof ApiProblem) throw error;
      for (const signal of signals) signal.throwIfAborted();
      throw new NoResponseError(name, deadline.aborted ? `no answer within ${deadlineMs / 1_000} s` : reasonOf(error), {
        cause: error,
      });
    }
  }

  #signals({ signal }: AnyInit): AbortSignal[] {
    return [this.#options.signal, signal].filter((one) => one !== undefined);
  }
}

async function readResponse(response: Response): Promise<unknown> {
  if (response.status === 204) return undefined;
  const type = response.headers.get('content-type') ?? '';
  if (type.startsWith('text/html')) throw new Error('answered a web page: this is not the address of a Pugmark');
  return /^application\/(.*\+)?json/.test(type) ? response.json() : response.blob();
}

/** Whether a call may be repeated: reads, and posts with an idempotency key. */
function isRepeatable(method: Method, { params }: AnyInit): boolean {
  const { header } = (params ?? {}) as { header?: Record<string, unknown> };
  return method === 'get' || (method === 'post' && header?.['Idempotency-Key'] !== undefined);
}

/** `GET /api/v1/runs/7` */
function callName(method: Method, path: string, { params }: AnyInit): string {
  const { path: ids = {} } = (params ?? {}) as { path?: Record<string, unknown> };
  return `${method.toUpperCase()} ${path.replace(/\{(\w+)\}/g, (whole, name: string) => String(ids[name] ?? whole))}`;
}

/** fetch reports 'fetch failed' and gives the reason in its cause. */
function reasonOf(error: unknown): string {
  const { cause } = error as { cause?: { readonly message?: string; readonly code?: string } };
  return cause?.message || cause?.code || (error instanceof Error ? error.message : String(error));
}

/** Resolves after `ms` milliseconds; rejects with the reason of the first signal that is aborted. */
function sleep(ms: number, signals: readonly AbortSignal[]): Promise<void> {
  const signal = AbortSignal.any([...signals]);
  return new Promise((resolve, reject) => {
    const end = (): void => {
      clearTimeout(timer);
      reject(signal.reason as Error);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', end);
      resolve();
    }, ms);
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { once: true });
  });
}
