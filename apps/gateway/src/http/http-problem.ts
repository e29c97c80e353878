import { STATUS_CODES } from 'node:http';

/** One field of a request that is not as it should be. `field` is a path such as `filter.minConfidence`. */
export interface FieldError {
  readonly field: string;
  readonly message: string;
}

/** RFC 9457, with the request's id and the fields at fault. */
export interface ProblemBody {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly instance: string;
  readonly requestId: string;
  readonly errors?: readonly FieldError[];
}

/** Where nothing better is known. */
const RETRY_AFTER_SECONDS = 5;

/** An answer that is not what the client hoped for. `code` is stable, for programs; the message is shown to the client. */
export class HttpProblem extends Error {
  readonly errors: readonly FieldError[] | undefined;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    readonly status: number,
    readonly code: string,
    detail: string,
    options: { errors?: readonly FieldError[]; headers?: Readonly<Record<string, string>>; cause?: unknown } = {},
  ) {
    super(detail, { cause: options.cause });
    this.name = 'HttpProblem';
    this.errors = options.errors;
    // What may go well later always says when.
    this.headers = {
      ...(status === 429 || status === 503 ? { 'retry-after': String(RETRY_AFTER_SECONDS) } : {}),
      ...options.headers,
    };
  }

  body(instance: string, requestId: string): ProblemBody {
    return {
      type: `urn:pugmark:problem:${this.code}`,
      title: STATUS_CODES[this.status] ?? 'Error',
      status: this.status,
      detail: this.message,
      instance,
      requestId,
      ...(this.errors === undefined ? {} : { errors: this.errors }),
    };
  }
}

/** 400: fields that are not of the right form. */
export function badFields(errors: readonly FieldError[]): HttpProblem {
  return new HttpProblem(400, 'bad_request', errors.map(({ field, message }) => `${field} ${message}`).join('; '), {
    errors,
  });
}

/** 422: fields, each of the right form, that do not go together or mean nothing. */
export function unfitFields(errors: readonly FieldError[]): HttpProblem {
  return new HttpProblem(422, 'unfit_fields', errors.map(({ field, message }) => `${field} ${message}`).join('; '), {
    errors,
  });
}

/** 422: a field of the right form that cannot be acted on. */
export function unprocessable(code: string, field: string, message: string): HttpProblem {
  return new HttpProblem(422, code, message, { errors: [{ field, message }] });
}

/** 409: what the field asks for stands against what is there. */
export function conflict(code: string, field: string, message: string): HttpProblem {
  return new HttpProblem(409, code, message, { errors: [{ field, message }] });
}

/** 404. */
export function notFound(what: string): HttpProblem {
  return new HttpProblem(404, 'not_found', `there is no ${what}`);
}

/** 503: to be tried again. */
export function unavailable(code: string, detail: string, retryAfterSeconds: number, cause?: unknown): HttpProblem {
  return new HttpProblem(503, code, detail, { headers: { 'retry-after': String(retryAfterSeconds) }, cause });
}

/** 429: to be tried again, more slowly. */
export function tooMany(code: string, what: string, seconds: number): HttpProblem {
  return new HttpProblem(429, code, `${what}: try again in ${seconds} s`, {
    headers: { 'retry-after': String(seconds) },
  });
}
