export { BulkChangeRepository, type BulkChangeRow, type NewBulkChange } from './bulk-change.repository';
export { BULK_CHANGE_KINDS, type BulkChangeKind, type BulkChangeParameters } from './bulk-changes.tables';
