import { backgroundLoop, type BackgroundLoop, type Logger } from '@pugmark/platform';
import type { EnginePool } from '../engine/engine-pool';
import type { ModelCatalogue } from './model-catalogue';

const EVERY_MS = 5_000;

/**
 * Loads what new runs will be for before the first of them comes: a new default is loaded and warmed up while the old one still works.
 * One that does not load is told once, and tried again now and then.
 */
export function preloadModels(
  catalogue: ModelCatalogue,
  pool: EnginePool,
  mostModels: number,
  logger: Logger,
): BackgroundLoop {
  const done = new Set<string>();
  const told = new Map<string, string>();
  return backgroundLoop('preloading models', logger, async () => {
    // The one that was registered last is loaded last, so that it is the last to be let go.
    for (const { ref } of [...(await catalogue.wanted(mostModels))].reverse()) {
      if (done.has(ref.key)) continue;
      try {
        await pool.load(ref);
        done.add(ref.key);
        logger.info({ model: ref.key }, 'a model is loaded and warmed up');
      } catch (err) {
        const problem = String(err);
        if (told.get(ref.key) !== problem)
          logger.error({ err, model: ref.key }, 'a model that new runs are for cannot be loaded');
        told.set(ref.key, problem);
      }
    }
    return EVERY_MS;
  });
}
