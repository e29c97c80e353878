import type { DeploymentsDependencies } from './deployments.dependencies';

/** Why the name of a zone is not accepted, or null. It must be an IANA name to Node and known to the database. */
export async function timezoneError(deps: DeploymentsDependencies, timezone: string): Promise<string | null> {
  const isName = /^[A-Za-z]/.test(timezone) && isKnownToNode(timezone);
  if (!isName) return 'must be an IANA time zone, such as Europe/Berlin';
  return (await deps.deployments.knowsTimezone(deps.db, timezone))
    ? null
    : 'is not in the time zone table of the database';
}

function isKnownToNode(timezone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: timezone });
    return true;
  } catch {
    // A RangeError means that the zone is unknown.
    return false;
  }
}
