import type { LocationsDependencies } from './locations.dependencies';
import type { ImportReport } from '../csv-import/imports.dto';
import { CreateLocationBody } from './locations.dto';
import { parseDto } from '../../http/parse-dto';
import { saveLocation } from './save-location';
import { numberOrText } from '../csv-import/cells';
import { importRows } from '../csv-import/import-rows';
import { readCsv, type Columns } from '../csv-import/read-csv';
import { rejectDuplicates } from '../csv-import/reject-duplicate-keys';

type Column = 'name' | 'latitude' | 'longitude';
const COLUMNS: Columns<Column> = {
  name: ['location', 'locationName', 'locationID', 'station', 'site'],
  latitude: ['lat', 'decimalLatitude'],
  longitude: ['lon', 'long', 'lng', 'decimalLongitude'],
};

/**
 * Creates and moves locations. Locations that the file does not name and empty cells leave the stored values unchanged.
 */
export async function importLocations(
  deps: LocationsDependencies,
  projectId: number,
  text: string,
  dryRun: boolean,
): Promise<ImportReport> {
  const { rows, errors } = readCsv(text, COLUMNS, ['name']);
  const toImport = rejectDuplicates(rows, ({ cells }) => cells.name, errors).map(({ line, cells }) => ({
    line,
    save: (tx: Parameters<typeof saveLocation>[0]) => {
      const body = parseDto(CreateLocationBody, {
        name: cells.name,
        latitude: numberOrText(cells.latitude),
        longitude: numberOrText(cells.longitude),
      });
      return saveLocation(tx, deps, projectId, body);
    },
  }));
  return importRows(deps, projectId, toImport, errors, dryRun);
}
