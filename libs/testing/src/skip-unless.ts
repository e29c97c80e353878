/**
 * Defines a group of tests, or skips it for the given reason (null: none). The reason becomes part of the title, from
 * which `npm test` takes the list of skipped tests that it prints at its end.
 */
export function describeUnless(reason: string | null, title: string, body: () => void): void {
  if (reason === null) describe(title, body);
  else describe.skip(withReason(title, reason), body);
}

/** Defines one test, or skips it, as `describeUnless` does. */
export function itUnless(reason: string | null, title: string, body: () => unknown, timeoutMs?: number): void {
  if (reason === null) it(title, async () => void (await body()), timeoutMs);
  else it.skip(withReason(title, reason), async () => void (await body()), timeoutMs);
}

function withReason(title: string, reason: string): string {
  return `${title} (skipped: ${reason.replaceAll('(', '[').replaceAll(')', ']')})`;
}
