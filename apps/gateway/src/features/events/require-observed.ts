import type { EventFilter } from '@pugmark/db';
import type { EventsDependencies } from './events.dependencies';
import { unprocessable } from '../../http/http-problem';
import { requirePlace } from '../deployments/require-deployment';

/** 422 unless the project that the filter names is there, and the deployment and the location are of it: nothing else could be seen there. */
export async function requireObserved(
  deps: Pick<EventsDependencies, 'db' | 'projects' | 'deployments' | 'locations'>,
  { projectId, deploymentId, locationId }: EventFilter,
): Promise<void> {
  await requirePlace(deps, projectId, deploymentId ?? null);
  if (locationId === undefined || (await deps.locations.find(deps.db, locationId))?.project_id === projectId) return;
  throw unprocessable('location_missing', 'locationId', `project ${projectId} has no location ${locationId}`);
}
