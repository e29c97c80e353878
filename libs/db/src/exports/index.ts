export { streamDetectionRows, type DetectionRow } from './detection-rows';
export { ExportRepository, type ExportArtifact, type ExportWithTask } from './export.repository';
export type { ExportContent, ExportFilter } from './exports.tables';
export { streamObservationRows, type ObservationRow } from './observation-rows';
