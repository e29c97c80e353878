import type { Migration } from 'kysely';
import * as spine from './2026-11-23-spine';

/** In order of their names. Forward only: a merged migration is never edited. */
export const MIGRATIONS: Readonly<Record<string, Migration>> = {
  '2026-11-23-spine': spine,
};
