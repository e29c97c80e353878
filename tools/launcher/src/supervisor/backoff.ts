const FIRST_MS = 500;
const MAX_MS = 30_000;

/**
 * Returns the wait before start number `failures` + 1, with a jitter of half of it: services that fail together must
 * not restart together.
 */
export function restartDelayMs(failures: number, random: () => number = Math.random): number {
  const full = Math.min(MAX_MS, FIRST_MS * 2 ** Math.max(0, failures - 1));
  return Math.round(full * (0.5 + random() / 2));
}
