import { RetryableError } from '@pugmark/domain';
import { registerGauge, type Registry } from '@pugmark/platform';
import type { EnginePool } from './engine-pool';

/** Counts the engine processes that can take work. */
export function countReady(pool: EnginePool): number {
  return pool.status().filter(({ state }) => state === 'idle' || state === 'busy').length;
}

/** Throws a RetryableError while no engine process is ready. */
export function assertEngineReady(pool: EnginePool): void {
  if (countReady(pool) > 0) return;
  throw new RetryableError('no_engine', 'no engine process is ready');
}

/** Registers the metrics of the engine processes. */
export function registerPoolGauges(pool: EnginePool, metrics: Registry): void {
  const sum = (of: 'restarts' | 'recycles') => (): number =>
    pool.status().reduce((total, status) => total + status[of], 0);
  registerGauge(metrics, 'pugmark_engine_processes_up', 'Engine processes that have loaded their models', () =>
    countReady(pool),
  );
  registerGauge(metrics, 'pugmark_engine_restarts', 'Engine processes that exited and were restarted', sum('restarts'));
  registerGauge(
    metrics,
    'pugmark_engine_tensors',
    'Live tensors in the engine processes, including those of the models',
    () => pool.status().reduce((total, { health }) => total + health.tensors, 0),
  );
  registerGauge(metrics, 'pugmark_engine_resident_bytes', 'Memory of the engine processes at their last answer', () =>
    pool.status().reduce((total, { health }) => total + health.rssBytes, 0),
  );
  registerGauge(
    metrics,
    'pugmark_engine_recycles',
    'Engine processes that were replaced because they had grown too large',
    sum('recycles'),
  );
}
