import type { Request } from 'express';
import { etagOf } from './etag';
import { HttpProblem } from './http-problem';

/** `W/`, and the tag with its quotation marks: https://www.rfc-editor.org/rfc/rfc9110#section-8.8.3 */
const TAG = String.raw`(W/)?("[\x21\x23-\x7e\x80-\xff]*")`;
const TAGS = new RegExp(`^[ \\t,]*${TAG}([ \\t]*,[ \\t,]*${TAG})*[ \\t,]*$`);

/**
 * Returns a function that compares the present state with `If-Match` and throws a 412 when it matches none of its
 * ETags. Without the header nothing is checked. A malformed header matches nothing and is refused at once, because its
 * client relies on the check.
 */
export function ifMatchOf(request: Request): (present: object) => void {
  const header = request.get('if-match')?.trim();
  // `*` matches any present state; a missing resource is a 404 anyway.
  if (header === undefined || header === '*') return () => undefined;
  if (!TAGS.test(header))
    throw new HttpProblem(
      412,
      'not_an_etag',
      'If-Match must be * or the ETag of a response, with its quotation marks: this value matches nothing',
    );
  const seen = [...header.matchAll(new RegExp(TAG, 'g'))].map(([, weak, tag]) => ({ weak: weak !== undefined, tag }));
  return (present) => {
    const now = etagOf(JSON.stringify(present));
    // Strong comparison: a weak tag matches nothing, not even itself (RFC 9110, 13.1.1).
    if (seen.some(({ weak, tag }) => !weak && tag === now)) return;
    throw new HttpProblem(
      412,
      'etag_mismatch',
      seen.some(({ tag }) => tag === now)
        ? WEAKENED
        : 'the resource was changed since it was read: read it again and decide again',
    );
  };
}

const WEAKENED =
  'a weak ETag (W/"…") matches nothing: send it as the gateway returned it; does a proxy on the way compress responses?';
