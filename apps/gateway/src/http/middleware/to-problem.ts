import { PermanentError, RetryableError } from '@pugmark/domain';
import { isDatabaseAway, isPoolExhausted, isUniqueViolation } from '@pugmark/db';
import { withoutPaths } from '../dto/hide-folders';
import { HttpProblem, unavailable } from '../http-problem';

const RETRY_AFTER_SECONDS = 5;

/** What body-parser calls its refusals, in its errors' `type`. */
const BODY_PROBLEMS: Readonly<Record<string, readonly [status: number, code: string, detail: string]>> = {
  'entity.parse.failed': [400, 'bad_json', 'the body is not JSON'],
  'entity.too.large': [413, 'body_too_large', 'the body is larger than 1 MB'],
  'encoding.unsupported': [415, 'encoding_unsupported', 'the body has an unknown content-encoding'],
  'charset.unsupported': [415, 'charset_unsupported', 'the body must be UTF-8'],
  'request.aborted': [400, 'aborted', 'the request was cut off'],
  'request.size.invalid': [400, 'bad_length', 'the body is not as long as its content-length says'],
};

/** Translates anything thrown while a request was served. What is not known becomes a 500 that tells nothing of its cause. */
export function toProblem(error: unknown): HttpProblem {
  if (error instanceof HttpProblem) return error;
  if (isPoolExhausted(error)) {
    return unavailable(
      'database_busy',
      'all connections to the database are in use (setting DATABASE_POOL_SIZE); try again',
      RETRY_AFTER_SECONDS,
      error,
    );
  }
  if (isDatabaseAway(error)) {
    return unavailable('database_away', 'the database does not answer; try again', RETRY_AFTER_SECONDS, error);
  }
  if (isUniqueViolation(error))
    return new HttpProblem(409, 'conflict', 'another request took the same name at the same moment', { cause: error });
  if (error instanceof RetryableError) {
    if (error.code === 'disk_full')
      return new HttpProblem(507, error.code, withoutPaths(error.message), { cause: error });
    return unavailable(error.code, withoutPaths(error.message), RETRY_AFTER_SECONDS, error);
  }
  if (error instanceof PermanentError)
    return new HttpProblem(422, error.code, withoutPaths(error.message), { cause: error });
  return (
    ofHttpLibrary(error) ??
    new HttpProblem(500, 'unexpected', 'an unexpected error; the log of the gateway tells more under this request id', {
      cause: error,
    })
  );
}

/** Errors of express and its parts: they carry a status. Their messages quote the request or the server, so they are not passed on. */
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
