import { pingDatabase, type SearchPace } from '@pugmark/db';
import type { Logger } from '@pugmark/platform';
import type { StaticDetectionsDependencies } from './static-detections.dependencies';

/** However long a run is, its static boxes are looked for by then. */
export const LATEST_SECONDS = 600;

/** Looks for static boxes where that is due. A deployment where it goes wrong stays due, and does not keep the others waiting. */
export async function searchStaticBoxes(
  { db, staticBoxes }: Pick<StaticDetectionsDependencies, 'db' | 'staticBoxes'>,
  pace: SearchPace,
  logger: Logger,
  signal: AbortSignal,
): Promise<void> {
  for (const deploymentId of await staticBoxes.due(db, pace)) {
    if (signal.aborted) return;
    try {
      const search = await staticBoxes.searchStale(db, deploymentId);
      if (search !== null && search.changedImages > 0)
        logger.info({ deploymentId, ...search }, 'looked for static boxes');
    } catch (err) {
      logger.warn({ err, deploymentId }, 'the static boxes of a deployment could not be looked for; it is tried again');
      // If it is not about this deployment, the others need not be tried.
      await pingDatabase(db);
    }
  }
}
