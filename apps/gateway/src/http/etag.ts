import { createHash } from 'node:crypto';
import type { Operation } from './operation';

/**
 * The strong ETag of a JSON answer: a digest of its very bytes, so that two answers have the same one only if they are the same byte for
 * byte, which is what If-Match asks for (docs/adr/0015).
 */
export function etagOf(json: string | Buffer): string {
  return `"${createHash('sha256').update(json).digest('base64url').slice(0, 27)}"`;
}

/** Does its JSON answer have one: what GET answers, or would answer now? What a POST says of a thing that it made need not be that. */
export function tellsEtag({ method, ifMatch }: Operation): boolean {
  return method === 'get' || ifMatch === true;
}
