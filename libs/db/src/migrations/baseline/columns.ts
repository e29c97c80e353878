/** The primary key of most tables. */
export const ID = 'id bigint generated always as identity primary key';

export const CREATED_AT = 'created_at timestamptz not null default now()';

export const CATEGORIES = `('animal', 'person', 'vehicle')`;

export const CATEGORY = `category text not null check (category in ${CATEGORIES})`;

/** Classifier of a run and the detections that it is applied to: all three columns are set, or none. */
export const CLASSIFIER_SETTINGS = `
    classifier_id bigint references models,
    classify_category text check (classify_category in ${CATEGORIES}),
    classify_threshold real check (classify_threshold between 0 and 1),
    check (
      (classifier_id is null) = (classify_category is null)
      and (classifier_id is null) = (classify_threshold is null)
    )`;

/** Storage parameters of tables to which rows are added all the time and compacted often: vacuum them early. */
export const VACUUM_EARLY = 'with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000)';
