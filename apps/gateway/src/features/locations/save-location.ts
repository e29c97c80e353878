import { inTransaction, type DatabaseTransaction, type LocationRow } from '@pugmark/db';
import type { LocationsDependencies } from './locations.dependencies';
import { locationResponse, type CreateLocationBody, type UpdateLocationBody } from './locations.dto';
import type { Call } from '../../http/operation';
import { contradictingFields, conflict, notFound, type HttpProblem } from '../../http/http-problem';
import { createOnce } from '../../http/idempotency/create-once';

/** Throws a 422 for incomplete coordinates, a 409 for a name in use. */
export async function createLocation(
  deps: LocationsDependencies,
  call: Call<object, CreateLocationBody>,
): Promise<LocationRow> {
  const { id: projectId, body } = call;
  assertCoordinates(body);
  const { name, latitude = null, longitude = null } = body;
  const { id } = await createOnce(deps, call, body, async (tx) => {
    const row = await deps.locations.create(tx, { project_id: projectId, name, latitude, longitude });
    if (row === null) throw nameTaken();
    return row.id;
  });
  return (await deps.locations.find(deps.db, id))!;
}

/** Creates the location, or moves the existing one of this name when coordinates are given. */
export async function saveLocation(
  tx: DatabaseTransaction,
  deps: LocationsDependencies,
  projectId: number,
  body: CreateLocationBody,
): Promise<'created' | 'updated' | 'unchanged'> {
  assertCoordinates(body);
  const { name, latitude = null, longitude = null } = body;
  if ((await deps.locations.create(tx, { project_id: projectId, name, latitude, longitude })) !== null)
    return 'created';
  const before = (await deps.locations.findByName(tx, projectId, name))!;
  if (latitude === null || (before.latitude === latitude && before.longitude === longitude)) return 'unchanged';
  await deps.locations.update(tx, before.id, { latitude, longitude });
  return 'updated';
}

/** Throws as `createLocation`, and 404 and 412. */
export async function updateLocation(
  deps: LocationsDependencies,
  { id, body, assertMatches }: Call<object, UpdateLocationBody>,
): Promise<LocationRow> {
  assertCoordinates(body);
  return inTransaction(deps.db, async (tx) => {
    const before = await deps.locations.lock(tx, id);
    if (before === null) throw notFound(`location ${id}`);
    assertMatches(locationResponse(before));
    if (
      body.name !== undefined &&
      body.name !== before.name &&
      (await deps.locations.findByName(tx, before.project_id, body.name)) !== null
    )
      throw nameTaken();
    await deps.locations.update(tx, id, {
      ...(body.name === undefined ? {} : { name: body.name }),
      ...(body.latitude === undefined ? {} : { latitude: body.latitude }),
      ...(body.longitude === undefined ? {} : { longitude: body.longitude }),
    });
    return (await deps.locations.find(tx, id))!;
  });
}

/** Both numbers, or none. */
export function assertCoordinates({
  latitude,
  longitude,
}: {
  readonly latitude?: number | null;
  readonly longitude?: number | null;
}): void {
  if ((latitude == null) !== (longitude == null)) {
    throw contradictingFields([
      { field: latitude == null ? 'latitude' : 'longitude', message: 'is missing: coordinates are two numbers' },
    ]);
  }
}

function nameTaken(): HttpProblem {
  return conflict('name_taken', 'name', 'the project already has a location of this name');
}
