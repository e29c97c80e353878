import { sql } from 'kysely';
import type { TimedImage } from '@pugmark/domain';
import type { Executor } from '../connection/database';
import { instantAt, microsecondsOf } from '../sql/microseconds';

/**
 * Reads a page of the images of a deployment that have a time, in order of time, whether or not they show anything.
 * Times are in microseconds since 1970.
 */
export async function readDeploymentImages(
  db: Executor,
  deploymentId: number,
  after: { readonly at: number | null; readonly id: number } | null,
  limit: number,
): Promise<TimedImage[]> {
  const goesOn =
    after === null || after.at === null
      ? sql`s.captured_at is not null`
      : sql`(s.captured_at, s.image_id) > (${instantAt(after.at)}, ${after.id})`;
  const { rows } = await sql<TimedImage>`
    select s.image_id as id, ${microsecondsOf(sql`s.captured_at`)} as at from image_summaries s
    where s.deployment_id = ${deploymentId} and ${goesOn} order by s.captured_at, s.image_id limit ${limit}`.execute(
    db,
  );
  return rows;
}
