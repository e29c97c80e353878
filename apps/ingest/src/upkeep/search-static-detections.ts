import { pingDatabase, type Database, type SearchDelays, type StaticDetectionRepository } from '@pugmark/db';
import type { Logger } from '@pugmark/platform';

export interface SearchStores {
  readonly db: Database;
  readonly staticDetections: StaticDetectionRepository;
}

/** Maximum time until a deployment with continuous results is searched. */
export const MAX_SEARCH_DELAY_SECONDS = 600;

/** Searches the deployments that are due. A deployment whose search fails stays due and does not block the others. */
export async function searchStaticDetections(
  { db, staticDetections }: SearchStores,
  delays: SearchDelays,
  logger: Logger,
  signal: AbortSignal,
): Promise<void> {
  for (const deploymentId of await staticDetections.findDue(db, delays)) {
    if (signal.aborted) return;
    try {
      const search = await staticDetections.searchStale(db, deploymentId);
      if (search !== null && search.changedImages > 0)
        logger.info({ deploymentId, ...search }, 'searched for static detections');
    } catch (err) {
      logger.warn({ err, deploymentId }, 'a deployment could not be searched for static detections; will be retried');
      // If the database is down, the other deployments need not be tried.
      await pingDatabase(db);
    }
  }
}
