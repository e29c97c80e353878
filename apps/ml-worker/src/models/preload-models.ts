import { backgroundLoop, type BackgroundLoop, type Logger } from '@pugmark/platform';
import type { EnginePool } from '../engine/engine-pool';
import type { ModelCatalogue } from './model-catalogue';

const INTERVAL_MS = 5_000;

/**
 * Loads the models for new runs before the first run: a new default is loaded and warmed up while the old one still
 * works. A failure is logged once, and retried regularly.
 */
export function preloadModels(
  catalogue: ModelCatalogue,
  pool: EnginePool,
  maxModels: number,
  logger: Logger,
): BackgroundLoop {
  const loaded = new Set<string>();
  const reported = new Map<string, string>();
  return backgroundLoop('preloading models', logger, async () => {
    // The most recently registered one is loaded last, so that it is evicted last.
    for (const { ref } of [...(await catalogue.findDefaults(maxModels))].reverse()) {
      if (loaded.has(ref.key)) continue;
      try {
        await pool.load(ref);
        loaded.add(ref.key);
        logger.info({ model: ref.key }, 'a model is loaded and warmed up');
      } catch (err) {
        const problem = String(err);
        if (reported.get(ref.key) !== problem)
          logger.error({ err, model: ref.key }, 'a model for new runs cannot be loaded');
        reported.set(ref.key, problem);
      }
    }
    return INTERVAL_MS;
  });
}
