import type { Migration } from 'kysely';
import * as taskProgress from './0002-task-progress';
import * as bulkChanges from './0003-bulk-changes';
import * as baseline from './baseline';

/** Applied in order of their names. Forward only: a merged migration is never edited. */
export const MIGRATIONS: Readonly<Record<string, Migration>> = {
  '0001-baseline': baseline,
  '0002-task-progress': taskProgress,
  '0003-bulk-changes': bulkChanges,
};
