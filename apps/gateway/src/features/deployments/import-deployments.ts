import type { DatabaseTransaction } from '@pugmark/db';
import type { DeploymentsDependencies } from './deployments.dependencies';
import { CreateDeploymentBody, UpdateDeploymentBody } from './deployments.dto';
import type { ImportReport } from '../csv-import/imports.dto';
import { parseDto } from '../../http/parse-dto';
import { unfitFields } from '../../http/http-problem';
import { changeDeployment, insertDeployment } from './save-deployment';
import { timezoneFault } from './timezone-error';
import { numberOrText, readMoment } from '../csv-import/cells';
import { importRows, type RowOutcome } from '../csv-import/import-rows';
import { readCsv, type Columns, type CsvRow } from '../csv-import/read-csv';
import { withoutRepeats } from '../csv-import/reject-duplicate-keys';

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
/** With the names of Camtrap DP's deployments.csv. */
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

/** Makes and corrects deployments, by name; those that the file does not name, and cells that are empty, leave what is there. */
export async function importDeployments(
  deps: DeploymentsDependencies,
  projectId: number,
  text: string,
  dryRun: boolean,
): Promise<ImportReport> {
  const { rows, faults } = readCsv(text, COLUMNS, ['name']);
  const zoneFaults = await faultsOfZones(deps, rows);
  const toImport = withoutRepeats(rows, ({ cells }) => cells.name, faults).map((row) => ({
    line: row.line,
    save: async (tx: DatabaseTransaction): Promise<RowOutcome> => {
      const fault = zoneFaults.get(row.cells.timezone ?? '');
      if (fault != null) throw unfitFields([{ field: 'timezone', message: fault }]);
      return saveRow(tx, deps, projectId, row);
    },
  }));
  return importRows(deps, toImport, faults, dryRun);
}

/** Each zone once: a file has a few, and a zone that the database does not know would end the transaction. */
async function faultsOfZones(deps: DeploymentsDependencies, rows: readonly Row[]): Promise<Map<string, string | null>> {
  const zones = new Set(rows.flatMap(({ cells }) => (cells.timezone === undefined ? [] : [cells.timezone])));
  const faults = new Map<string, string | null>();
  for (const zone of zones) faults.set(zone, await timezoneFault(deps, zone));
  return faults;
}

async function saveRow(
  tx: DatabaseTransaction,
  deps: DeploymentsDependencies,
  projectId: number,
  { cells }: Row,
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
  const after = await changeDeployment(tx, deps, before, parseDto(UpdateDeploymentBody, given));
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
  const moment = readMoment(cell, field === 'endsAt');
  if ('fault' in moment) throw unfitFields([{ field, message: moment.fault }]);
  if ('instant' in moment) return moment.instant;
  if (zone === undefined)
    throw unfitFields([{ field: 'timezone', message: 'is missing: without it no one knows when the deployment was' }]);
  return (await deps.deployments.instantOf(tx, moment.local, zone)).toISOString();
}
