/**
 * Polls a condition and resolves with its first truthy result. Rejects after `timeoutMs` with the description and the
 * last result.
 */
export async function waitUntil<T>(
  what: string,
  condition: () => T | Promise<T>,
  timeoutMs = 15_000,
): Promise<Exclude<T, false | null | undefined>> {
  const end = performance.now() + timeoutMs;
  let last: unknown;
  for (;;) {
    try {
      const answer = await condition();
      if (answer) return answer as Exclude<T, false | null | undefined>;
      last = answer;
    } catch (error) {
      last = error;
    }
    if (performance.now() > end) throw new Error(`waited ${timeoutMs} ms for ${what}; last answer: ${String(last)}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
