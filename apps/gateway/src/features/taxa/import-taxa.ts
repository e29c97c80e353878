import type { TaxaDependencies } from './taxa.dependencies';
import type { Call } from '../../http/operation';
import { ImageDeriver } from '../bulk-changes/image-deriver';
import type { ImportQuery, ImportReport } from '../csv-import/imports.dto';
import { CreateTaxonBody } from './taxa.dto';
import { parseDto } from '../../http/parse-dto';
import { saveTaxon } from './save-taxon';
import { importRows } from '../csv-import/import-rows';
import { readCsv, type Columns } from '../csv-import/read-csv';
import { rejectDuplicates } from '../csv-import/reject-duplicate-keys';

type Column = 'scientificName' | 'commonName' | 'category' | 'rank';
/** Aliases are the names of Darwin Core and of Camtrap DP's list of taxa. */
const COLUMNS: Columns<Column> = {
  scientificName: ['name', 'species', 'taxon', 'latinName'],
  commonName: ['vernacularName', 'vernacularNames.eng', 'english'],
  category: [],
  rank: ['taxonRank'],
};

/**
 * Creates and updates taxa, and restores archived ones. Taxa that the file does not name and empty cells leave the
 * stored values unchanged.
 */
export async function importTaxa(deps: TaxaDependencies, call: Call<ImportQuery, string>): Promise<ImportReport> {
  const { id: projectId } = call;
  const deriver = new ImageDeriver(deps, call);
  const { rows, errors } = readCsv(call.body, COLUMNS, ['scientificName']);
  const toImport = rejectDuplicates(
    rows,
    ({ cells }) => cells.scientificName?.toLowerCase(),
    errors,
    'scientificName',
  ).map(({ line, cells }) => ({
    line,
    save: (tx: Parameters<typeof saveTaxon>[0]) => {
      const category = cells.category?.toLowerCase();
      return saveTaxon(
        tx,
        deps,
        projectId,
        parseDto(CreateTaxonBody, { ...cells, ...(category === undefined ? {} : { category }) }),
        deriver,
      );
    },
  }));
  return importRows(deps, projectId, toImport, errors, call.query.dryRun);
}
