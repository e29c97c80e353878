import { isNetworkFault } from './is-network-fault';

/**
 * SQLSTATEs (PostgreSQL manual, appendix A) of a connection that ended, or could not be opened, because the server shut
 * down: class 08 connection exception, 57P01 and 57P02 shutdown, 57P03 starting up, 57P05 idle session timeout.
 */
const BROKEN_STATE = /^(08[0-9A-Z]{3}|57P0[1235])$/;

const TERMINATED = /^Connection terminated( unexpectedly)?$/;
const NOT_QUERYABLE = /^Client (has encountered a connection error|was closed) and is not queryable$/;

/**
 * Whether the error means that the connection broke or was not accepted, so that another connection may work, now or
 * soon. False for a timeout: a caller that waited for an unresponsive or busy database should not wait again.
 */
export function isConnectionBroken(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false;
  const { code, message, errors } = error as { code?: unknown; message?: unknown; errors?: unknown };
  // A host with several addresses: one error for each address that was tried.
  if (Array.isArray(errors) && errors.length > 0) return errors.every(isConnectionBroken);
  if ((typeof code === 'string' && BROKEN_STATE.test(code)) || isNetworkFault(error)) return true;
  // pg reports these without a code.
  return typeof message === 'string' && (TERMINATED.test(message) || NOT_QUERYABLE.test(message));
}

/** Whether pg did not send the statement, because it knew that the connection was broken. */
export function wasNeverSent(error: unknown): boolean {
  return error instanceof Error && NOT_QUERYABLE.test(error.message);
}
