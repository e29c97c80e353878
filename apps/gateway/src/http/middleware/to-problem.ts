import { PermanentError, RetryableError } from '@pugmark/domain';
import { isDatabaseUnavailable, isPoolExhausted, isUniqueViolation } from '@pugmark/db';
import { hideFolders } from '../dto/hide-folders';
import { HttpProblem, unavailable } from '../http-problem';

const RETRY_AFTER_SECONDS = 5;

/** Problems of body-parser errors, by their `type`. */
const BODY_PROBLEMS: Readonly<Record<string, readonly [status: number, code: string, detail: string]>> = {
  'entity.parse.failed': [400, 'bad_json', 'the body is not JSON'],
  'entity.too.large': [413, 'body_too_large', 'the body is larger than 1 MB'],
  'encoding.unsupported': [415, 'encoding_unsupported', 'the body has an unknown content-encoding'],
  'charset.unsupported': [415, 'charset_unsupported', 'the body must be UTF-8'],
  'request.aborted': [400, 'aborted', 'the request was cut off'],
  'request.size.invalid': [400, 'bad_length', 'the body is not as long as its content-length says'],
};

/** Translates any error of a request. Unknown errors become a 500 that does not disclose the cause. */
export function toProblem(error: unknown): HttpProblem {
  if (error instanceof HttpProblem) return error;
  if (isPoolExhausted(error)) {
    return unavailable(
      'database_busy',
      'all database connections are in use (setting DATABASE_POOL_SIZE); try again',
      RETRY_AFTER_SECONDS,
      error,
    );
  }
  if (isDatabaseUnavailable(error)) {
    return unavailable('database_unavailable', 'the database is unreachable; try again', RETRY_AFTER_SECONDS, error);
  }
  if (isUniqueViolation(error))
    return new HttpProblem(409, 'conflict', 'a concurrent request took the same name', { cause: error });
  if (error instanceof RetryableError) {
    if (error.code === 'disk_full')
      return new HttpProblem(507, error.code, hideFolders(error.message), { cause: error });
    return unavailable(error.code, hideFolders(error.message), RETRY_AFTER_SECONDS, error);
  }
  if (error instanceof PermanentError)
    return new HttpProblem(422, error.code, hideFolders(error.message), { cause: error });
  return (
    ofHttpLibrary(error) ??
    new HttpProblem(500, 'unexpected', "an unexpected error; search the gateway's log for this request id", {
      cause: error,
    })
  );
}

/**
 * Errors of express and its libraries carry a status. Their messages quote the request or the server, so they are not
 * passed on.
 */
function ofHttpLibrary(error: unknown): HttpProblem | null {
  const { type, status, headers } = error as { type?: unknown; status?: unknown; headers?: Record<string, string> };
  const known = typeof type === 'string' ? BODY_PROBLEMS[type] : undefined;
  if (known !== undefined) return new HttpProblem(...known, { cause: error });
  if (status === 416) {
    return new HttpProblem(416, 'range_not_satisfiable', 'the range lies outside the file', {
      headers: headers ?? {},
      cause: error,
    });
  }
  if (status === 400) return new HttpProblem(400, 'bad_request', 'the request is malformed', { cause: error });
  if (status === 413) return new HttpProblem(413, 'body_too_large', 'the body is too large', { cause: error });
  return null;
}
