import { sql, type RawBuilder } from 'kysely';
import type { Executor } from '../connection/database';

/** Selects images of a project: those that have each of the given properties. */
export interface ImageSelection {
  readonly imageIds?: readonly number[];
  readonly ingestId?: number;
  readonly deploymentId?: number;
  /** The latest image when the selection was made: later ones do not belong to it. */
  readonly upToId?: number;
}

/** What a selection holds, for people to decide on. */
export interface SelectedImages {
  readonly images: number;
  /** Images with an annotation. */
  readonly reviewed: number;
  /** The latest of the images; 0: none. */
  readonly upToId: number;
}

/** Lists selected images after `afterId`, in order of id. */
export async function listSelectedImages(
  db: Executor,
  projectId: number,
  selection: ImageSelection,
  afterId: number,
  limit: number,
): Promise<number[]> {
  const { rows } = await sql<{ id: number }>`
    select s.image_id as id from image_summaries s
    where ${isSelected(projectId, selection)} and s.image_id > ${afterId} order by s.image_id limit ${limit}`.execute(
    db,
  );
  return rows.map(({ id }) => id);
}

export async function countSelectedImages(
  db: Executor,
  projectId: number,
  selection: ImageSelection,
): Promise<SelectedImages> {
  const { rows } = await sql<SelectedImages>`
    select count(*)::int as images, count(s.review_id)::int as reviewed,
      coalesce(max(s.image_id), 0) as "upToId"
    from image_summaries s
    where ${isSelected(projectId, selection)}`.execute(db);
  return rows[0]!;
}

/** A condition on `image_summaries s`. */
function isSelected(projectId: number, selection: ImageSelection): RawBuilder<unknown> {
  const { imageIds, ingestId, deploymentId, upToId } = selection;
  const conditions = [sql`s.project_id = ${projectId}`];
  if (imageIds !== undefined) conditions.push(sql`s.image_id = any(${[...imageIds]}::bigint[])`);
  if (ingestId !== undefined) conditions.push(sql`s.ingest_id = ${ingestId}`);
  if (deploymentId !== undefined) conditions.push(sql`s.deployment_id = ${deploymentId}`);
  if (upToId !== undefined) conditions.push(sql`s.image_id <= ${upToId}`);
  return sql.join(conditions, sql` and `);
}
