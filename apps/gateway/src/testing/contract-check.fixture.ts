import Ajv2020, { type ValidateFunction } from 'ajv/dist/2020';
import addFormats from 'ajv-formats';

interface Answered {
  readonly $ref?: string;
  readonly content?: Readonly<Record<string, object>>;
  readonly headers?: Readonly<Record<string, HeaderRef>>;
}

interface Described {
  readonly responses: Readonly<Record<string, Answered>>;
}

interface HeaderRef {
  readonly $ref?: string;
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Described>>>>;
  readonly components: {
    readonly responses: Readonly<Record<string, Answered>>;
    readonly headers: Readonly<Record<string, { readonly required?: boolean }>>;
  };
}

/** Validates every response against the OpenAPI document: an undocumented status or field fails the test. */
export class ContractCheck {
  readonly #ajv = new Ajv2020({ strict: false, allErrors: true });
  readonly #validators = new Map<string, ValidateFunction>();
  readonly #routes: { readonly pattern: RegExp; readonly path: string }[];

  constructor(private readonly document: Document) {
    addFormats(this.#ajv);
    this.#ajv.addSchema(document, 'api');
    this.#routes = Object.keys(document.paths)
      .map((path) => ({ path, pattern: new RegExp(`^${path.replace('{id}', '[^/]+').replaceAll('.', '\\.')}$`) }))
      // `/runs/compare` before `/runs/{id}`.
      .sort((a, b) => Number(a.path.includes('{')) - Number(b.path.includes('{')));
  }

  check(method: string, path: string, status: number, headers: Headers, body: unknown): void {
    const route = this.#routes.find(({ pattern }) => pattern.test(path));
    const key = method === 'HEAD' ? 'get' : method.toLowerCase();
    const operation = route === undefined ? undefined : this.document.paths[route.path]?.[key];
    // Unknown paths and methods are undocumented by nature.
    if (route === undefined || operation === undefined) return;
    // An internal error; tests that provoke one assert it.
    if (status === 500) return;
    const promised = operation.responses[String(status)];
    const shared = promised?.$ref?.split('/').at(-1);
    const response = shared === undefined ? promised : this.document.components.responses[shared];
    const what = `${method} ${route.path} answered ${status}`;
    if (response === undefined) throw new Error(`${what}, which is not documented: ${JSON.stringify(body)}`);
    const missing = Object.entries(response.headers ?? {}).filter(
      ([name, { $ref }]) => this.#isRequired($ref) && !headers.has(name),
    );
    if (missing.length > 0) throw new Error(`${what} without the header ${missing.map(([name]) => name).join(', ')}`);
    const type = headers.get('content-type')?.split(';')[0] ?? '';
    if (method === 'HEAD' || response.content === undefined) return;
    if (response.content[type] === undefined) throw new Error(`${what} as ${type}, which is not documented`);
    if (!type.endsWith('json')) return;
    const place =
      shared === undefined
        ? ['paths', route.path, key, 'responses', String(status)]
        : ['components', 'responses', shared];
    this.#validate(what, [...place, 'content', type, 'schema'], body);
  }

  /** Validates the data of a server-sent event. */
  checkEvent(path: string, event: string, data: unknown): void {
    this.#validate(
      `an event "${event}" of ${path}`,
      ['paths', path, 'get', 'responses', '200', 'content', 'text/event-stream', 'x-events', event],
      data,
    );
  }

  #isRequired(ref: string | undefined): boolean {
    return this.document.components.headers[ref?.split('/').at(-1) ?? '']?.required === true;
  }

  #validate(what: string, at: readonly string[], value: unknown): void {
    const pointer = at.map((part) => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'))).join('/');
    const validate = this.#validators.get(pointer) ?? this.#ajv.compile({ $ref: `api#/${pointer}` });
    this.#validators.set(pointer, validate);
    if (!validate(value))
      throw new Error(
        `${what} does not match the document: ${this.#ajv.errorsText(validate.errors)}: ${JSON.stringify(value).slice(0, 2_000)}`,
      );
  }
}
