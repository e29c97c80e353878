import { CREATED_AT, ID } from './columns';

/** Annotations by people. */
export const REVIEWS: readonly string[] = [
  // One row for each annotation of an image. The latest one that was not undone is effective.
  `create table reviews (
    ${ID},
    project_id bigint not null references projects,
    image_id bigint not null references images,
    action text not null,
    observations jsonb,
    batch_id uuid,
    key_id bigint references api_keys,
    reviewer text not null,
    note text,
    undone_at timestamptz,
    undone_by text,
    redo_of bigint references reviews,
    ${CREATED_AT}
  )`,
  `comment on column reviews.observations
    is 'everything the image shows from then on; []: blank; null: the model''s result is effective again'`,
  `comment on column reviews.redo_of is 'the undone review that this one repeats'`,
  `create index reviews_project on reviews (project_id, id)`,
  `create index reviews_image on reviews (image_id, id)`,
  `create index reviews_key on reviews (key_id)`,
  `create index reviews_batch on reviews (batch_id) where batch_id is not null`,
  `create index reviews_redo on reviews (redo_of)`,

  // One request that annotates many images. The images that it changed are in reviews, by batch_id.
  `create table review_batches (
    ${ID},
    project_id bigint not null references projects,
    batch_id uuid not null unique,
    unchanged bigint[] not null,
    refused jsonb not null,
    ${CREATED_AT}
  )`,
  `comment on column review_batches.unchanged is 'images that had the same annotation already'`,
  `comment on column review_batches.refused is 'image ids by the reason of the refusal'`,
  `create index review_batches_project on review_batches (project_id)`,
];
