import { createHash } from 'node:crypto';
import type { Operation } from './operation';

/** Strong ETag of a JSON response: a digest of its bytes, as If-Match requires (docs/adr/0015). */
export function etagOf(json: string | Buffer): string {
  return `"${createHash('sha256').update(json).digest('base64url').slice(0, 27)}"`;
}

/**
 * True when the JSON response is the representation of the resource, as GET answers it. The response to a POST need not
 * be.
 */
export function hasEtag({ method, ifMatch }: Operation): boolean {
  return method === 'get' || ifMatch === true;
}
