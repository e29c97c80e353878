import type { Database, ModelRepository } from '@pugmark/db';
import { BUILTIN_MODEL } from '@pugmark/inference';
import { sleep, type Logger } from '@pugmark/platform';

/** Registers the built-in model. Waits for the database: without it there is no work anyway. */
export async function registerBuiltIn(
  db: Database,
  models: ModelRepository,
  logger: Logger,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    try {
      await models.register(db, BUILTIN_MODEL);
      return;
    } catch (err) {
      if (signal.aborted) throw err;
      logger.warn({ err }, 'the built-in model could not be registered yet; retrying');
      await sleep(2_000, signal);
    }
  }
}
