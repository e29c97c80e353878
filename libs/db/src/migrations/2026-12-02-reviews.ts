import { sql, type Kysely } from 'kysely';

/** Notes, what many images were told at once, undone reviews that are said again, blanks that may be missed animals, and observations as CSV. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}

const STATEMENTS = [
  `alter table reviews add column note text, add column redo_of bigint references reviews`,
  `comment on column reviews.redo_of is 'the review that was undone and is said again by this one'`,
  `create index reviews_redo on reviews (redo_of)`,

  // One request about many images. Those that it changed are in reviews, by batch_id.
  `create table review_batches (
    id bigint generated always as identity primary key,
    project_id bigint not null references projects,
    batch_id uuid not null unique,
    unchanged bigint[] not null,
    refused jsonb not null,
    created_at timestamptz not null default now()
  )`,
  `comment on column review_batches.unchanged is 'images whose word was so already'`,
  `comment on column review_batches.refused is 'reason: images'`,
  `create index review_batches_project on review_batches (project_id)`,

  // Blanks by how near the model was to seeing something.
  `create index image_summaries_missed on image_summaries (project_id, surest desc, image_id)
    where blank and review_id is null and surest is not null`,

  `alter table exports drop constraint exports_content_check, add constraint exports_content_check check (content in ('detections', 'observations'))`,
];
