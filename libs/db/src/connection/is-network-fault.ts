const NETWORK = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
]);

/**
 * Whether the error is one of a network connection. Other sockets and files report the same codes, with other system
 * calls.
 */
export function isNetworkFault(error: object): boolean {
  const { code, syscall } = error as { code?: unknown; syscall?: unknown };
  return (
    typeof code === 'string' &&
    NETWORK.has(code) &&
    (syscall === undefined || ['connect', 'read', 'write', 'getaddrinfo'].includes(String(syscall)))
  );
}
