export { TaxonRepository, type NewTaxon, type TaxonChange, type TaxonFilter, type TaxonRow } from './taxon.repository';
