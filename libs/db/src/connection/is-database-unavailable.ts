import { isNetworkFault } from './is-network-fault';

/**
 * SQLSTATEs of temporary conditions (PostgreSQL manual, appendix A): class 08 connection exception, 53 insufficient
 * resources, 57 operator intervention (shutdown, start-up, statement timeout), 40 rollback (deadlock, serialization),
 * 55P03 lock not available, 25P03 and 25P04 idle or overlong transaction.
 */
const PASSING_STATE = /^(08|53|57|40)[0-9A-Z]{3}$|^(55P03|25P03|25P04)$/;

/** pg reports these without a code. */
const CLIENT_SIDE = [
  /^Connection terminated/,
  /timeout exceeded when trying to connect/,
  /^Query read timeout/,
  /^Client .* is not queryable$/,
];

/**
 * Whether the error means that the database is unreachable, overloaded or restarting, so that the same request may
 * succeed later.
 */
export function isDatabaseUnavailable(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false;
  const { code, message, errors } = error as { code?: unknown; message?: unknown; errors?: unknown };
  // A host with several addresses: one error for each address that was tried.
  if (Array.isArray(errors) && errors.length > 0) return errors.every(isDatabaseUnavailable);
  if ((typeof code === 'string' && PASSING_STATE.test(code)) || isNetworkFault(error)) return true;
  return typeof message === 'string' && CLIENT_SIDE.some((pattern) => pattern.test(message));
}
