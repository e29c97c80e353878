export { BulkChangeRepository, type BulkChangeRow, type NewBulkChange } from './bulk-change.repository';
export { BULK_CHANGE_KINDS, type BulkChangeKind } from './bulk-changes.tables';
