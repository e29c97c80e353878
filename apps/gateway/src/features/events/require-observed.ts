import type { EventFilter } from '@pugmark/db';
import type { EventsDependencies } from './events.dependencies';
import { unprocessable } from '../../http/http-problem';
import { requireProjectAndDeployment } from '../deployments/require-deployment';

/** Throws a 422 unless the filter's project exists and owns the filter's deployment and location. */
export async function requireFilterScope(
  deps: Pick<EventsDependencies, 'db' | 'projects' | 'deployments' | 'locations'>,
  { projectId, deploymentId, locationId }: EventFilter,
): Promise<void> {
  await requireProjectAndDeployment(deps, projectId, deploymentId ?? null);
  if (locationId === undefined || (await deps.locations.find(deps.db, locationId))?.project_id === projectId) return;
  throw unprocessable('location_missing', 'locationId', `project ${projectId} has no location ${locationId}`);
}
