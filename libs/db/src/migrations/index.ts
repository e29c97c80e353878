import type { Migration } from 'kysely';
import * as spine from './2026-11-23-spine';
import * as cancelledRuns from './2026-11-24-cancelled-runs';
import * as models from './2026-11-24-models';
import * as timeAndPlace from './2026-11-24-time-and-place';
import * as idempotencyKeys from './2026-11-25-idempotency-keys';
import * as keys from './2026-11-26-keys';
import * as heldRuns from './2026-11-27-held-runs';
import * as feed from './2026-11-28-feed';
import * as taxa from './2026-11-29-taxa';
import * as observations from './2026-11-30-observations';
import * as reviews from './2026-12-02-reviews';
import * as staticBoxes from './2026-12-03-static-boxes';
import * as runCounts from './2026-12-04-run-counts';
import * as imageCounts from './2026-12-05-image-counts';
import * as foreignKeys from './2026-12-07-foreign-keys';
import * as statistics from './2026-12-08-statistics';
import * as eventsAndChanges from './2026-12-09-events-and-changes';

/** In order of their names. Forward only: a merged migration is never edited. */
export const MIGRATIONS: Readonly<Record<string, Migration>> = {
  '2026-11-23-spine': spine,
  '2026-11-24-cancelled-runs': cancelledRuns,
  '2026-11-24-models': models,
  '2026-11-24-time-and-place': timeAndPlace,
  '2026-11-25-idempotency-keys': idempotencyKeys,
  '2026-11-26-keys': keys,
  '2026-11-27-held-runs': heldRuns,
  '2026-11-28-feed': feed,
  '2026-11-29-taxa': taxa,
  '2026-11-30-observations': observations,
  '2026-12-02-reviews': reviews,
  '2026-12-03-static-boxes': staticBoxes,
  '2026-12-04-run-counts': runCounts,
  '2026-12-05-image-counts': imageCounts,
  '2026-12-07-foreign-keys': foreignKeys,
  '2026-12-08-statistics': statistics,
  '2026-12-09-events-and-changes': eventsAndChanges,
};
