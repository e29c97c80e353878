import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/**
 * Keeps the memory of a long-lived service close to its live data. V8 lets a young process's heap grow to a multiple of
 * that before the first collection of the old generation, which looks like a leak for the first hour and hides real
 * ones. So this forces one full collection after the service has started, and then one whenever the heap has grown by
 * `growthPercent`. A V8 that does not know the flag ignores it.
 */
export function settleHeap(growthPercent: number): void {
  setFlagsFromString(`--heap-growing-percent=${growthPercent}`);
  setFlagsFromString('--expose-gc');
  const collect: unknown = runInNewContext('globalThis.gc');
  setFlagsFromString('--no-expose-gc');
  if (typeof collect === 'function') collect();
}
