import { ID, CREATED_AT } from './columns';

/** Detectors and classifiers, and what the workers that run them report about their engines. */
export const MODELS: readonly string[] = [
  // One version of a detector or classifier. The manifest describes its files, input and labels.
  `create table models (
    ${ID},
    name text not null,
    version text not null,
    stage text not null default 'detect' check (stage in ('detect', 'classify')),
    licence text not null,
    threshold real not null,
    is_default boolean not null default false,
    manifest jsonb not null,
    ${CREATED_AT},
    unique (name, version)
  )`,
  `comment on column models.threshold is 'detections below this confidence are not effective'`,
  `comment on column models.is_default is 'the detector of runs whose project names none; at most one model'`,
  `create unique index models_default on models ((true)) where is_default`,

  // The engine of each ml-worker, written by the worker itself at intervals: the gateway never connects to workers.
  `create table engine_reports (
    worker text primary key,
    engine jsonb not null,
    reported_at timestamptz not null default now()
  )`,
  `comment on column engine_reports.worker is 'host, service and process id'`,
];
