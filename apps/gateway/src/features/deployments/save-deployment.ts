import {
  inTransaction,
  type DatabaseTransaction,
  type DeploymentChange,
  type DeploymentWithLocation,
} from '@pugmark/db';
import type { DeploymentsDependencies } from './deployments.dependencies';
import {
  deploymentDetails,
  type CreateDeploymentBody,
  type DeploymentDetailsResponse,
  type UpdateDeploymentBody,
} from './deployments.dto';
import type { Call } from '../../http/operation';
import { contradictingFields, conflict, notFound, type HttpProblem } from '../../http/http-problem';
import { createOnce } from '../../http/idempotency/create-once';
import { ImageDeriver } from '../bulk-changes/image-deriver';
import { assertNotBeingDeleted } from '../bulk-changes/request-deletion';
import { assertCoordinates } from '../locations/save-location';
import { timezoneError } from './timezone-error';

/**
 * Creates a deployment, and its location if needed. Throws a 422 for contradicting fields, a 409 for a conflict with
 * the stored state.
 */
export async function createDeployment(
  deps: DeploymentsDependencies,
  call: Call<object, CreateDeploymentBody>,
): Promise<DeploymentWithLocation> {
  const { id: projectId, body } = call;
  await assertTimezone(deps, body.timezone);
  const { id } = await createOnce(
    deps,
    call,
    body,
    async (tx) => (await insertDeployment(tx, deps, projectId, body)).id,
  );
  return (await deps.deployments.find(deps.db, id))!;
}

/**
 * Updates a deployment and, in the same transaction, the times of its images; of many images, in a bulk change. Throws
 * as `createDeployment`, and 404 and 412.
 */
export async function updateDeployment(
  deps: DeploymentsDependencies,
  call: Call<object, UpdateDeploymentBody>,
): Promise<DeploymentDetailsResponse> {
  const { id, body, assertMatches } = call;
  if (body.timezone !== undefined) await assertTimezone(deps, body.timezone);
  return inTransaction(deps.db, async (tx) => {
    const before = await deps.deployments.lock(tx, id);
    if (before === null) throw notFound(`deployment ${id}`);
    assertMatches(await detailsOf(tx, deps, before));
    const after = await changeDeployment(tx, deps, before, body, new ImageDeriver(deps, call));
    return detailsOf(tx, deps, after);
  });
}

/** What GET answers, of a deployment that is locked. */
async function detailsOf(
  tx: DatabaseTransaction,
  deps: DeploymentsDependencies,
  deployment: DeploymentWithLocation,
): Promise<DeploymentDetailsResponse> {
  return deploymentDetails(
    deployment,
    await deps.deployments.readTimes(tx, deployment.id),
    await deps.bulkChanges.findUnfinished(tx, 'deployment_times', deployment.id),
  );
}

/** The zone must have been validated. */
export async function insertDeployment(
  tx: DatabaseTransaction,
  deps: DeploymentsDependencies,
  projectId: number,
  body: CreateDeploymentBody,
): Promise<DeploymentWithLocation> {
  assertLocation(body);
  assertDates(body.startsAt ?? null, body.endsAt ?? null);
  const locationId = body.locationName == null ? null : await locationOf(tx, deps, projectId, body.locationName, body);
  const row = await deps.deployments.create(tx, {
    project_id: projectId,
    location_id: locationId,
    name: body.name,
    camera: body.camera ?? null,
    timezone: body.timezone,
    clock_offset_seconds: body.clockOffsetSeconds ?? 0,
    starts_at: body.startsAt ?? null,
    ends_at: body.endsAt ?? null,
  });
  if (row === null) throw nameTaken();
  await assertNotBeingDeleted(tx, deps, projectId, null);
  return row;
}

/** `before` must be locked, and the zone validated. */
export async function changeDeployment(
  tx: DatabaseTransaction,
  deps: DeploymentsDependencies,
  before: DeploymentWithLocation,
  body: UpdateDeploymentBody,
  deriver: ImageDeriver,
): Promise<DeploymentWithLocation> {
  assertLocation(body);
  assertDates(
    body.startsAt === undefined ? before.starts_at : body.startsAt,
    body.endsAt === undefined ? before.ends_at : body.endsAt,
  );
  if (
    body.name !== undefined &&
    body.name !== before.name &&
    (await deps.deployments.findByName(tx, before.project_id, body.name)) !== null
  )
    throw nameTaken();
  const change: DeploymentChange = {
    ...(body.name === undefined ? {} : { name: body.name }),
    ...(body.camera === undefined ? {} : { camera: body.camera }),
    ...(body.timezone === undefined ? {} : { timezone: body.timezone }),
    ...(body.clockOffsetSeconds === undefined ? {} : { clock_offset_seconds: body.clockOffsetSeconds ?? 0 }),
    ...(body.startsAt === undefined ? {} : { starts_at: body.startsAt }),
    ...(body.endsAt === undefined ? {} : { ends_at: body.endsAt }),
    ...(body.locationName === undefined
      ? {}
      : {
          location_id:
            body.locationName === null ? null : await locationOf(tx, deps, before.project_id, body.locationName, body),
        }),
  };
  await deps.deployments.update(tx, before.id, change);
  const after = (await deps.deployments.find(tx, before.id))!;
  const moved = after.timezone !== before.timezone || after.clock_offset_seconds !== before.clock_offset_seconds;
  const dated =
    [after.starts_at?.getTime(), after.ends_at?.getTime()].join() !==
    [before.starts_at?.getTime(), before.ends_at?.getTime()].join();
  if (moved || dated) await deriver.deriveDeployment(tx, after);
  return after;
}

async function locationOf(
  tx: DatabaseTransaction,
  deps: DeploymentsDependencies,
  projectId: number,
  name: string,
  at: { readonly latitude?: number | null; readonly longitude?: number | null },
): Promise<number> {
  const { latitude = null, longitude = null } = at;
  const id = await deps.locations.ensure(tx, { projectId, name, latitude, longitude });
  if (latitude === null) return id;
  const row = (await deps.locations.find(tx, id))!;
  // An existing location keeps its coordinates; ignoring the new ones silently would misplace the images.
  if (row.latitude !== latitude || row.longitude !== longitude) {
    throw conflict(
      'location_elsewhere',
      'locationName',
      `the location ${name} already has the coordinates ${row.latitude}, ${row.longitude}: move it, or use another name`,
    );
  }
  return id;
}

async function assertTimezone(deps: DeploymentsDependencies, timezone: string): Promise<void> {
  const error = await timezoneError(deps, timezone);
  if (error !== null) throw contradictingFields([{ field: 'timezone', message: error }]);
}

function assertLocation(body: Pick<UpdateDeploymentBody, 'locationName' | 'latitude' | 'longitude'>): void {
  assertCoordinates(body);
  if (body.latitude != null && body.locationName == null)
    throw contradictingFields([{ field: 'locationName', message: 'is missing: coordinates belong to a location' }]);
}

function assertDates(startsAt: Date | null, endsAt: Date | null): void {
  if (startsAt !== null && endsAt !== null && endsAt <= startsAt)
    throw contradictingFields([{ field: 'endsAt', message: 'must be after startsAt' }]);
}

function nameTaken(): HttpProblem {
  return conflict('name_taken', 'name', 'the project already has a deployment of this name');
}
