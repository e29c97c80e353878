import type { Request } from 'express';
import { etagOf } from './etag';
import { HttpProblem } from './http-problem';

/** `W/`, and the tag with its quotation marks: https://www.rfc-editor.org/rfc/rfc9110#section-8.8.3 */
const TAG = String.raw`(W/)?("[\x21\x23-\x7e\x80-\xff]*")`;
const TAGS = new RegExp(`^[ \\t,]*${TAG}([ \\t]*,[ \\t,]*${TAG})*[ \\t,]*$`);

/**
 * Holds the present state against `If-Match`, the ETags of the states that the client has seen, and throws a 412 when it is none of
 * them. Without the header nothing is asked for. What is no such header matches nothing, and is told so at once: its client believes that it is guarded.
 */
export function ifMatchOf(request: Request): (present: object) => void {
  const header = request.get('if-match')?.trim();
  // `*`: whatever it is, as long as it is there; what is not is a 404 anyhow.
  if (header === undefined || header === '*') return () => undefined;
  if (!TAGS.test(header))
    throw new HttpProblem(
      412,
      'not_an_etag',
      'If-Match must be * or the ETag of an answer, with its quotation marks: as it is, it matches nothing',
    );
  const seen = [...header.matchAll(new RegExp(TAG, 'g'))].map(([, weak, tag]) => ({ weak: weak !== undefined, tag }));
  return (present) => {
    const now = etagOf(JSON.stringify(present));
    // Strong comparison: a weak one matches nothing, not even itself (RFC 9110, 13.1.1).
    if (seen.some(({ weak, tag }) => !weak && tag === now)) return;
    throw new HttpProblem(
      412,
      'changed_meanwhile',
      seen.some(({ tag }) => tag === now)
        ? WEAKENED
        : 'it was changed since you looked at it: look again, and decide again',
    );
  };
}

const WEAKENED =
  'a weak ETag (W/"…") matches nothing: send it as the gateway answered it; does a proxy on the way compress answers?';
