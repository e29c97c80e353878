import type { DeploymentWithLocation } from '@pugmark/db';
import type { Stores } from '../dependencies';
import type { CreateDeploymentBody } from '../dto/deployments.dto';
import { HttpProblem, badFields } from '../middleware/http-problem';

/** The deployment, with the location that it names. Throws 400 for what does not go together, 409 for what is there otherwise. */
export async function createDeployment(stores: Stores, projectId: number, body: CreateDeploymentBody): Promise<DeploymentWithLocation> {
  await assertTimezone(stores, body.timezone);
  assertSensible(body);
  return stores.db.transaction().execute(async (tx) => {
    const latitude = body.latitude ?? null;
    const longitude = body.longitude ?? null;
    const locationId =
      body.locationName == null ? null : await stores.deployments.ensureLocation(tx, { projectId, name: body.locationName, latitude, longitude });
    const row = await stores.deployments.create(tx, {
      project_id: projectId,
      location_id: locationId,
      name: body.name,
      timezone: body.timezone,
      clock_offset_seconds: body.clockOffsetSeconds ?? 0,
      starts_at: body.startsAt ?? null,
      ends_at: body.endsAt ?? null,
    });
    if (row === null) throw conflict('name_taken', 'name', 'the project has a deployment of this name already');
    // A location keeps its first coordinates; to drop the new ones silently would put pictures where they were not taken.
    if (latitude !== null && (row.latitude !== latitude || row.longitude !== longitude)) {
      throw conflict('location_elsewhere', 'locationName', `the location stands at ${row.latitude}, ${row.longitude} already: use another name`);
    }
    return row;
  });
}

/** Node's table decides what is an IANA name, the database's whether it can compute with it. */
async function assertTimezone(stores: Stores, timezone: string): Promise<void> {
  const isName = /^[A-Za-z]/.test(timezone) && isKnownToNode(timezone);
  if (!isName) throw badFields([{ field: 'timezone', message: 'must be an IANA time zone, such as Europe/Berlin' }]);
  if (!(await stores.deployments.knowsTimezone(stores.db, timezone))) {
    throw badFields([{ field: 'timezone', message: 'is not in the time zone table of the database' }]);
  }
}

function isKnownToNode(timezone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: timezone });
    return true;
  } catch {
    // A RangeError is the answer "no".
    return false;
  }
}

function assertSensible({ locationName, latitude, longitude, startsAt, endsAt }: CreateDeploymentBody): void {
  if ((latitude == null) !== (longitude == null)) {
    throw badFields([{ field: latitude == null ? 'latitude' : 'longitude', message: 'is missing: coordinates are two numbers' }]);
  }
  if (latitude != null && locationName == null) throw badFields([{ field: 'locationName', message: 'is missing: coordinates belong to a location' }]);
  if (startsAt != null && endsAt != null && endsAt <= startsAt) throw badFields([{ field: 'endsAt', message: 'must be after startsAt' }]);
}

function conflict(code: string, field: string, message: string): HttpProblem {
  return new HttpProblem(409, code, message, { errors: [{ field, message }] });
}
