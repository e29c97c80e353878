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

/** Is the error one of a connection over the network? The same codes come from other sockets and from files; those have another system call. */
export function isNetworkFault(error: object): boolean {
  const { code, syscall } = error as { code?: unknown; syscall?: unknown };
  return (
    typeof code === 'string' &&
    NETWORK.has(code) &&
    (syscall === undefined || ['connect', 'read', 'write', 'getaddrinfo'].includes(String(syscall)))
  );
}
