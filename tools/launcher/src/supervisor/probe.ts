import { messageOf } from '@pugmark/domain';

/** Resolves with null when the address answers with 2xx in time, else with the problem. */
export async function probe(url: string, deadlineMs: number): Promise<string | null> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(deadlineMs), headers: { connection: 'close' } });
    const text = await response.text();
    return response.ok ? null : `${response.status} ${failing(text)}`;
  } catch (error) {
    return error instanceof Error && error.cause !== undefined ? messageOf(error.cause) : messageOf(error);
  }
}

/** The failing checks of a health page. */
function failing(text: string): string {
  try {
    const { checks } = JSON.parse(text) as { checks?: Record<string, string> };
    const bad = Object.entries(checks ?? {}).filter(([, state]) => state !== 'ok');
    return bad.map(([name, state]) => (name === state ? name : `${name}: ${state}`)).join(', ');
  } catch {
    // Not one of our health pages.
    return text.trim().slice(0, 200);
  }
}
