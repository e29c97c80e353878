import { inTransaction } from '@pugmark/db';
import { HttpProblem, notFound } from '../../http/http-problem';
import type { LocationsDependencies } from './locations.dependencies';

/** Deletes a location, such as one with a misspelt name. Throws a 404, and a 409 while deployments refer to it. */
export async function deleteLocation(deps: LocationsDependencies, id: number): Promise<void> {
  await inTransaction(deps.db, async (tx) => {
    if ((await deps.locations.find(tx, id)) === null) throw notFound(`location ${id}`);
    const deployments = await deps.locations.deleteUnused(tx, id);
    if (deployments === null) return;
    throw new HttpProblem(
      409,
      'location_in_use',
      `${deployments === 1 ? 'one deployment refers' : `${deployments} deployments refer`} to the location: move them first`,
    );
  });
}
