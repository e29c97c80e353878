import { STATUS_CODES } from 'node:http';

/** One invalid field of a request. `field` is a path such as `filter.minConfidence`. */
export interface FieldError {
  readonly field: string;
  readonly message: string;
}

/** RFC 9457, with the id of the request and the invalid fields. */
export interface ProblemBody {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly instance: string;
  readonly requestId: string;
  readonly errors?: readonly FieldError[];
}

/** Default of Retry-After. */
const RETRY_AFTER_SECONDS = 5;

/** An error response. `code` is stable, for programs; the message is shown to the client. */
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
    // Retryable problems always have Retry-After.
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

/** 400: fields of the wrong form. */
export function badFields(errors: readonly FieldError[]): HttpProblem {
  return new HttpProblem(400, 'bad_request', errors.map(({ field, message }) => `${field} ${message}`).join('; '), {
    errors,
  });
}

/** 422: fields that are well-formed but contradict each other. */
export function contradictingFields(errors: readonly FieldError[]): HttpProblem {
  return new HttpProblem(
    422,
    'contradictory_fields',
    errors.map(({ field, message }) => `${field} ${message}`).join('; '),
    {
      errors,
    },
  );
}

/** 422: a well-formed field that cannot be acted on. */
export function unprocessable(code: string, field: string, message: string): HttpProblem {
  return new HttpProblem(422, code, message, { errors: [{ field, message }] });
}

/** 409: the field conflicts with the present state. */
export function conflict(code: string, field: string, message: string): HttpProblem {
  return new HttpProblem(409, code, message, { errors: [{ field, message }] });
}

/** 404. */
export function notFound(what: string): HttpProblem {
  return new HttpProblem(404, 'not_found', `there is no ${what}`);
}

/** 503, retryable. */
export function unavailable(code: string, detail: string, retryAfterSeconds: number, cause?: unknown): HttpProblem {
  return new HttpProblem(503, code, detail, { headers: { 'retry-after': String(retryAfterSeconds) }, cause });
}

/** 429, retryable after `seconds`. */
export function tooManyRequests(code: string, what: string, seconds: number): HttpProblem {
  return new HttpProblem(429, code, `${what}: try again in ${seconds} s`, {
    headers: { 'retry-after': String(seconds) },
  });
}
