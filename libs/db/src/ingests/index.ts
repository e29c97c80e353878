export { IngestRepository, type IngestFileRow, type IngestProgress, type IngestRow } from './ingest.repository';
export type { IngestFileOutcome, StorageMode } from './ingests.tables';
