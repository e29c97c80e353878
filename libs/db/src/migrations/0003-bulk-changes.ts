import { sql, type Kysely } from 'kysely';
import { CREATED_AT, ID } from './baseline/columns';

/** Bulk changes: the subjects of `derive` tasks. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}

const STATEMENTS: readonly string[] = [
  `create table bulk_changes (
    ${ID},
    kind text not null check (kind in (
      'deployment_times', 'taxon', 'move_images', 'delete_images', 'delete_deployment', 'delete_project')),
    project_id bigint references projects on delete set null,
    subject_id bigint,
    parameters jsonb not null default '{}',
    position bigint not null default 0,
    total integer not null,
    done integer not null default 0,
    requested_by text not null,
    superseded boolean not null default false,
    feed_pending boolean not null default true,
    ${CREATED_AT}
  )`,
  `comment on table bulk_changes
    is 'corrections and deletions of more images than a request may change; their state is that of their task'`,
  `comment on column bulk_changes.project_id is 'null: the project was deleted'`,
  `comment on column bulk_changes.subject_id is 'id of the deployment or taxon that was corrected or is deleted'`,
  `comment on column bulk_changes.position
    is 'images with ids up to this one are done; written in the transaction that changes them'`,
  `comment on column bulk_changes.total is 'images to change, counted when the change was requested'`,
  `comment on column bulk_changes.superseded is 'a later change of the same subject replaces this one'`,
  `comment on column bulk_changes.feed_pending is 'the last feed row of the change is still to be written'`,
  `create index bulk_changes_project on bulk_changes (project_id, id)`,
  `create index bulk_changes_subject on bulk_changes (kind, subject_id)`,
  `create index bulk_changes_feed_pending on bulk_changes (id) where feed_pending`,

  // Files of deleted images, which are removed after the transaction that deleted the rows.
  `create table deleted_contents (
    sha256 bytea primary key,
    location text
  )`,
  `comment on table deleted_contents
    is 'contents of deleted images, of which files in the storage are still to be removed'`,
  `comment on column deleted_contents.location
    is 'key in the content-addressed storage; null: it holds renditions of the image only'`,
  `create index images_sha256 on images (sha256)`,

  `alter table tasks drop constraint tasks_kind_check,
    add constraint tasks_kind_check check (kind in ('scan', 'detect', 'classify', 'export', 'derive'))`,
  `comment on column tasks.subject_id
    is 'id of the ingest (scan), image (detect, classify), export (export) or bulk change (derive)'`,
  `alter table feed drop constraint feed_topic_check,
    add constraint feed_topic_check check (topic in ('run', 'export', 'bulk_change', 'incident'))`,
];
