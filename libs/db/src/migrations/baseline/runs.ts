import { CLASSIFIER_SETTINGS, CREATED_AT, ID, VACUUM_EARLY } from './columns';

/**
 * Runs: a detector, and optionally a classifier, applied to a set of images. Whether a run has ended is derived from
 * its tasks. Cancel, pause, retry and priority are requested by setting a column of the run; the reconciler then brings
 * its tasks, which may be millions, in line with it in chunks.
 */
export const RUNS: readonly string[] = [
  `create table runs (
    ${ID},
    project_id bigint not null references projects,
    model_id bigint not null references models,
    priority smallint not null default 0,
    cancelled_at timestamptz,
    cancel_completed_at timestamptz,
    paused_at timestamptz,
    retry_requested_at timestamptz,
    priority_changed_at timestamptz,
    reconciled_at timestamptz,
    feed_pending boolean not null default true,
    ${CREATED_AT},
    ${CLASSIFIER_SETTINGS}
  )`,
  `comment on column runs.cancel_completed_at is 'when the last task of the cancelled run had ended; null before'`,
  `comment on column runs.paused_at
    is 'since when none of its tasks is published or claimed; null: the run is not paused'`,
  `comment on column runs.retry_requested_at
    is 'tasks that failed before this instant are to be retried; null: none are left'`,
  `comment on column runs.priority_changed_at
    is 'tasks may still have the previous priority; null: all have the one of the run'`,
  `comment on column runs.reconciled_at is 'when tasks were last brought in line with the columns above'`,
  `comment on column runs.feed_pending is 'the last feed row of the run is still to be written'`,
  `create index runs_project on runs (project_id, id)`,
  `create index runs_model on runs (model_id)`,
  `create index runs_classifier on runs (classifier_id)`,
  `create index runs_cancelling on runs (id) where cancelled_at is not null and cancel_completed_at is null`,
  `create index runs_paused on runs (id) where paused_at is not null`,
  `create index runs_retry_requested on runs (id) where retry_requested_at is not null`,
  `create index runs_priority_changed on runs (id) where priority_changed_at is not null`,
  `create index runs_feed_pending on runs (id) where feed_pending`,
];

/** Results of runs, so that requests need not count a million inferences. */
export const RUN_COUNTS: readonly string[] = [
  // Every commit of detect tasks adds a row with what it found; rows are compacted at intervals.
  `create table run_counts (
    ${ID},
    run_id bigint not null references runs,
    engine text not null,
    images integer not null,
    blanks integer not null,
    animals integer not null,
    people integer not null,
    vehicles integer not null,
    truncated integer not null
  ) ${VACUUM_EARLY}`,
  `comment on table run_counts
    is 'numbers of images by what the run found in them; the rows of a run and engine are summed'`,
  `create index run_counts_run on run_counts (run_id)`,
];
