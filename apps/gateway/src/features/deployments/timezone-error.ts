import type { DeploymentsDependencies } from './deployments.dependencies';

/** What is wrong with the name of a zone, or null. Node's table decides what is an IANA name, the database's whether it can compute with it. */
export async function timezoneFault(deps: DeploymentsDependencies, timezone: string): Promise<string | null> {
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
    // A RangeError is the answer "no".
    return false;
  }
}
