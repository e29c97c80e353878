import { CATEGORY, CLASSIFIER_SETTINGS, CREATED_AT, ID } from './columns';

/** Projects and what their members maintain: locations, deployments and the list of taxa. */
export const PROJECTS: readonly string[] = [
  `create table projects (
    ${ID},
    name text not null unique,
    model_id bigint references models,
    sequence_gap_seconds integer not null default 60 check (sequence_gap_seconds between 0 and 86400),
    event_gap_seconds integer not null default 1800 check (event_gap_seconds between 0 and 604800),
    ${CREATED_AT},
    ${CLASSIFIER_SETTINGS}
  )`,
  `comment on column projects.model_id is 'the detector of new runs; null: the default model'`,
  `comment on column projects.event_gap_seconds
    is 'an image taken longer than this after the last one of its kind at the deployment starts a new event'`,
  `create index projects_model on projects (model_id)`,
  `create index projects_classifier on projects (classifier_id)`,

  `create table locations (
    ${ID},
    project_id bigint not null references projects,
    name text not null,
    latitude double precision check (latitude between -90 and 90),
    longitude double precision check (longitude between -180 and 180),
    ${CREATED_AT},
    unique (project_id, name)
  )`,

  // One camera at one location from start to end. The time zone and clock offset convert its clock readings to
  // instants.
  `create table deployments (
    ${ID},
    project_id bigint not null references projects,
    location_id bigint references locations,
    name text not null,
    camera text,
    timezone text not null,
    clock_offset_seconds integer not null default 0,
    starts_at timestamptz,
    ends_at timestamptz,
    ${CREATED_AT},
    unique (project_id, name),
    check (ends_at > starts_at)
  )`,
  `comment on column deployments.camera is 'a name that people gave to the camera'`,
  `comment on column deployments.timezone is 'IANA name'`,
  `create index deployments_location on deployments (location_id)`,

  // The species that the reviewers of a project choose from.
  `create table taxa (
    ${ID},
    project_id bigint not null references projects,
    scientific_name text not null,
    common_name text,
    ${CATEGORY.replace('not null', `not null default 'animal'`)},
    rank text,
    search_terms tsvector not null,
    archived_at timestamptz,
    ${CREATED_AT}
  )`,
  `comment on column taxa.search_terms
    is 'the words of both names in lower case; computed by TaxonRepository, as lower() depends on the locale'`,
  `comment on column taxa.archived_at is 'reviewers can no longer choose the taxon; existing observations keep it'`,
  `create unique index taxa_name on taxa (project_id, lower(scientific_name))`,
  `create index taxa_search_terms on taxa using gin (search_terms)`,
];
