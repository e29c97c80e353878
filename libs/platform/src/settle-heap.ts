import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/**
 * Keeps the memory of a long-lived service near what it really holds. V8 lets a young process's heap grow to a multiple of that
 * before it first collects the old generation, which looks like a leak for the first hour and hides a real one. So one full
 * collection once the service has started, and from then on one whenever the heap has grown by so many percent since the last one.
 * A V8 that does not know the flag any more ignores it.
 */
export function settleHeap(growthPercent: number): void {
  setFlagsFromString(`--heap-growing-percent=${growthPercent}`);
  setFlagsFromString('--expose-gc');
  const collect: unknown = runInNewContext('globalThis.gc');
  setFlagsFromString('--no-expose-gc');
  if (typeof collect === 'function') collect();
}
