import type { ProxiedConnection } from './proxied-connection';

/**
 * Tells for each chunk whether the pattern is complete with it. A pattern may be split across chunks: the end of what came before is
 * kept per connection, so that it is found all the same. For `interceptUp`; ask it about every chunk.
 */
export function contains(pattern: string | Buffer): (chunk: Buffer, connection: ProxiedConnection) => boolean {
  const wanted = Buffer.from(pattern);
  const tails = new WeakMap<ProxiedConnection, Buffer>();
  return (chunk, connection) => {
    const text = Buffer.concat([tails.get(connection) ?? Buffer.alloc(0), chunk]);
    // One byte less than the pattern: what was found is not found again.
    tails.set(connection, text.subarray(Math.max(0, text.length - wanted.length + 1)));
    return text.includes(wanted);
  };
}
