const FIRST_MS = 500;
const MOST_MS = 30_000;

/** Wait before start number `failures` + 1. Jittered to between half and all of it: five services that fail together must not start together. */
export function restartDelayMs(failures: number, random: () => number = Math.random): number {
  const full = Math.min(MOST_MS, FIRST_MS * 2 ** Math.max(0, failures - 1));
  return Math.round(full * (0.5 + random() / 2));
}
