import type { Stores } from '../../dependencies';
import type { ImportReport } from '../../dto/imports.dto';
import { CreateLocationBody } from '../../dto/locations.dto';
import { parseDto } from '../../api/parse-dto';
import { saveLocation } from '../save-location';
import { numberOrText } from './cells';
import { importRows } from './import-rows';
import { readCsv, type Columns } from './read-csv';
import { withoutRepeats } from './without-repeats';

type Column = 'name' | 'latitude' | 'longitude';
const COLUMNS: Columns<Column> = {
  name: ['location', 'locationName', 'locationID', 'station', 'site'],
  latitude: ['lat', 'decimalLatitude'],
  longitude: ['lon', 'long', 'lng', 'decimalLongitude'],
};

/** Makes and moves locations; those that the file does not name, and cells that are empty, leave what is there. */
export async function importLocations(
  stores: Stores,
  projectId: number,
  text: string,
  dryRun: boolean,
): Promise<ImportReport> {
  const { rows, faults } = readCsv(text, COLUMNS, ['name']);
  const toImport = withoutRepeats(rows, ({ cells }) => cells.name, faults).map(({ line, cells }) => ({
    line,
    save: (tx: Parameters<typeof saveLocation>[0]) => {
      const body = parseDto(CreateLocationBody, {
        name: cells.name,
        latitude: numberOrText(cells.latitude),
        longitude: numberOrText(cells.longitude),
      });
      return saveLocation(tx, stores, projectId, body);
    },
  }));
  return importRows(stores, toImport, faults, dryRun);
}
