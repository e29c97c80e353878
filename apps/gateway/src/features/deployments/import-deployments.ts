import type { DatabaseTransaction } from '@pugmark/db';
import type { DeploymentsDependencies } from './deployments.dependencies';
import { CreateDeploymentBody, UpdateDeploymentBody } from './deployments.dto';
import { ImageDeriver } from '../bulk-changes/image-deriver';
import type { ImportQuery, ImportReport } from '../csv-import/imports.dto';
import type { Call } from '../../http/operation';
import { parseDto } from '../../http/parse-dto';
import { contradictingFields } from '../../http/http-problem';
import { changeDeployment, insertDeployment } from './save-deployment';
import { timezoneError } from './timezone-error';
import { numberOrText, readTime } from '../csv-import/cells';
import { importRows, type RowOutcome } from '../csv-import/import-rows';
import { readCsv, type Columns, type CsvRow } from '../csv-import/read-csv';
import { rejectDuplicates } from '../csv-import/reject-duplicate-keys';

type Column =
  | 'name'
  | 'camera'
  | 'timezone'
  | 'clockOffsetSeconds'
  | 'locationName'
  | 'latitude'
  | 'longitude'
  | 'startsAt'
  | 'endsAt';
/** Aliases are the column names of Camtrap DP's deployments.csv. */
const COLUMNS: Columns<Column> = {
  name: ['deployment', 'deploymentName', 'deploymentID'],
  camera: ['cameraID'],
  timezone: ['zone', 'tz'],
  clockOffsetSeconds: ['clockOffset'],
  locationName: ['location', 'locationID', 'station', 'site'],
  latitude: ['lat'],
  longitude: ['lon', 'long', 'lng'],
  startsAt: ['start', 'deploymentStart'],
  endsAt: ['end', 'deploymentEnd'],
};

type Row = CsvRow<Column>;

/**
 * Creates and updates deployments by name. Deployments that the file does not name and empty cells leave the stored
 * values unchanged.
 */
export async function importDeployments(
  deps: DeploymentsDependencies,
  call: Call<ImportQuery, string>,
): Promise<ImportReport> {
  const { id: projectId } = call;
  const { rows, errors } = readCsv(call.body, COLUMNS, ['name']);
  const deriver = new ImageDeriver(deps, call);
  const errorsByZone = await zoneErrors(deps, rows);
  const toImport = rejectDuplicates(rows, ({ cells }) => cells.name, errors).map((row) => ({
    line: row.line,
    save: async (tx: DatabaseTransaction): Promise<RowOutcome> => {
      const error = errorsByZone.get(row.cells.timezone ?? '');
      if (error != null) throw contradictingFields([{ field: 'timezone', message: error }]);
      return saveRow(tx, deps, projectId, row, deriver);
    },
  }));
  return importRows(deps, projectId, toImport, errors, call.query.dryRun);
}

/** Checks each zone once, outside the transaction, which an unknown zone would abort. */
async function zoneErrors(deps: DeploymentsDependencies, rows: readonly Row[]): Promise<Map<string, string | null>> {
  const zones = new Set(rows.flatMap(({ cells }) => (cells.timezone === undefined ? [] : [cells.timezone])));
  const errors = new Map<string, string | null>();
  for (const zone of zones) errors.set(zone, await timezoneError(deps, zone));
  return errors;
}

async function saveRow(
  tx: DatabaseTransaction,
  deps: DeploymentsDependencies,
  projectId: number,
  { cells }: Row,
  deriver: ImageDeriver,
): Promise<RowOutcome> {
  const found = cells.name === undefined ? null : await deps.deployments.findByName(tx, projectId, cells.name);
  const before = found === null ? null : await deps.deployments.lock(tx, found.id);
  const zone = cells.timezone ?? before?.timezone;
  const given = {
    ...cells,
    clockOffsetSeconds: numberOrText(cells.clockOffsetSeconds),
    latitude: numberOrText(cells.latitude),
    longitude: numberOrText(cells.longitude),
    startsAt: await instantOf(tx, deps, 'startsAt', cells.startsAt, zone),
    endsAt: await instantOf(tx, deps, 'endsAt', cells.endsAt, zone),
  };
  if (before === null) {
    await insertDeployment(tx, deps, projectId, parseDto(CreateDeploymentBody, given));
    return 'created';
  }
  const after = await changeDeployment(tx, deps, before, parseDto(UpdateDeploymentBody, given), deriver);
  return JSON.stringify(before) === JSON.stringify(after) ? 'unchanged' : 'updated';
}

/** ISO 8601 with an offset; undefined for an empty cell. */
async function instantOf(
  tx: DatabaseTransaction,
  deps: DeploymentsDependencies,
  field: 'startsAt' | 'endsAt',
  cell: string | undefined,
  zone: string | undefined,
): Promise<string | undefined> {
  if (cell === undefined) return undefined;
  const time = readTime(cell, field === 'endsAt');
  if ('error' in time) throw contradictingFields([{ field, message: time.error }]);
  if ('instant' in time) return time.instant;
  if (zone === undefined)
    throw contradictingFields([
      { field: 'timezone', message: "is missing: the deployment's times cannot be interpreted without it" },
    ]);
  return (await deps.deployments.instantOf(tx, time.local, zone)).toISOString();
}
