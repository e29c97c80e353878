import type { ProxiedConnection } from './proxied-connection';

/**
 * Returns a predicate that is true for the chunk that completes the pattern, also if the pattern is split across
 * chunks: the end of the previous chunks is kept per connection. For `interceptUp`; call it for every chunk.
 */
export function contains(pattern: string | Buffer): (chunk: Buffer, connection: ProxiedConnection) => boolean {
  const searched = Buffer.from(pattern);
  const tails = new WeakMap<ProxiedConnection, Buffer>();
  return (chunk, connection) => {
    const text = Buffer.concat([tails.get(connection) ?? Buffer.alloc(0), chunk]);
    // One byte less than the pattern, so that a match is not found again.
    tails.set(connection, text.subarray(Math.max(0, text.length - searched.length + 1)));
    return text.includes(searched);
  };
}
