import type { components } from './generated/schema';

export type FieldError = components['schemas']['FieldErrorResponse'];

/** A failed call: the server refused it, or did not answer. */
export abstract class ApiError extends Error {}

/** Error answer of the server as RFC 9457 problem details (https://www.rfc-editor.org/rfc/rfc9457). */
export class ApiProblem extends ApiError {
  readonly status: number;
  /**
   * Stable code for programs: the last part of `type`, such as `name_taken`; `http_502` for a server that returns no
   * problem details.
   */
  readonly code: string;
  /** Problem and remedy, for people. */
  readonly detail: string;
  /** The invalid fields; empty if no field is invalid. */
  readonly errors: readonly FieldError[];
  /** Seconds after which to try again; null if the server gives none. */
  readonly retryAfter: number | null;
  /** Request id under which the gateway's log has details. */
  readonly requestId: string | null;

  /** `call` is method and path, `body` the parsed answer. */
  constructor(call: string, { status, statusText, headers }: Response, body: unknown) {
    const problem = isProblem(body) ? body : null;
    const detail =
      problem?.detail ?? (typeof body === 'string' && body.trim() !== '' ? body.trim().slice(0, 500) : statusText);
    const code = problem?.type.split(':').at(-1) ?? `http_${status}`;
    super(`${call} answered ${status} (${code}): ${detail}`);
    this.name = 'ApiProblem';
    this.status = status;
    this.code = code;
    this.detail = detail;
    this.errors = problem?.errors ?? [];
    this.retryAfter = secondsUntil(headers.get('retry-after'));
    this.requestId = problem?.requestId ?? headers.get('x-request-id');
  }
}

/** There was no answer, or none that could be parsed: the server is down, or is not a Pugmark gateway. */
export class NoResponseError extends ApiError {
  constructor(call: string, reason: string, options?: ErrorOptions) {
    super(`${call}: ${reason}`, options);
    this.name = 'NoAnswer';
  }
}

function isProblem(body: unknown): body is components['schemas']['ProblemResponse'] {
  const { type, detail } = (typeof body === 'object' && body !== null ? body : {}) as {
    type?: unknown;
    detail?: unknown;
  };
  return typeof type === 'string' && typeof detail === 'string';
}

/** Retry-After in seconds or as a date: https://www.rfc-editor.org/rfc/rfc9110#name-retry-after */
function secondsUntil(header: string | null): number | null {
  if (header === null) return null;
  const seconds = /^\d+$/.test(header) ? Number(header) : (Date.parse(header) - Date.now()) / 1_000;
  return Number.isFinite(seconds) ? Math.max(0, seconds) : null;
}
