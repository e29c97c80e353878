import { sql, type Kysely } from 'kysely';

/** Where static boxes have to be looked for. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}

const STATEMENTS = [
  // As stale_events: written with each change of what is searched, in its transaction, and never updated.
  `create table stale_static_boxes (
    id bigint generated always as identity primary key,
    deployment_id bigint not null references deployments,
    marked_at timestamptz not null default now()
  ) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000)`,
  `comment on table stale_static_boxes is 'deployments with new results since their static boxes were looked for last; whoever looks takes the rows away'`,
  `create index stale_static_boxes_deployment on stale_static_boxes (deployment_id, marked_at)`,
  `comment on column static_boxes.images is 'with detections that belong to it; 0: it is in less than 20 by now, and hides nothing'`,
  // Which images a box is in, without reading their detections.
  `create index detections_static_box_image on detections (static_box_id, image_id) where static_box_id is not null`,
  `drop index detections_static_box`,
  `insert into stale_static_boxes (deployment_id) select distinct deployment_id from image_summaries where deployment_id is not null and answered`,
];
