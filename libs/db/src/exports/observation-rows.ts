import { sql } from 'kysely';
import type { Category } from '@pugmark/domain';
import type { Database } from '../connection/database';
import type { ExportFilter } from './exports.tables';
import { localTimeOf } from '../sql/local-time';

/** A row of the CSV of effective observations. */
export interface ObservationRow {
  readonly imageId: number;
  readonly filePath: string;
  readonly sha256: string;
  readonly deployment: string | null;
  readonly location: string | null;
  readonly latitude: number | null;
  readonly longitude: number | null;
  readonly capturedLocal: string | null;
  readonly localTime: string | null;
  readonly timezone: string | null;
  readonly capturedAt: Date | null;
  readonly category: Category | 'blank';
  /** Null for a blank, as the two properties after it. */
  readonly label: string | null;
  readonly individuals: number | null;
  readonly confidence: number | null;
  readonly source: 'human' | 'machine';
  /** Of an annotation; null otherwise. */
  readonly reviewer: string | null;
  readonly reviewedAt: Date | null;
}

/**
 * Passes the effective observations of images that match the filter to `page`, in order of image, category and label,
 * from one consistent snapshot and in constant memory: the rows of `pageSize` images at a time. Blanks have a row too;
 * images that were neither processed nor annotated have none. `total` is the number of rows in the same snapshot. As in
 * `streamDetectionRows`, `page` must be quick.
 */
export async function streamObservationRows(
  db: Database,
  projectId: number,
  filter: ExportFilter,
  pageSize: number,
  page: (rows: readonly ObservationRow[], total: number) => Promise<void>,
): Promise<void> {
  const ofImage = [sql`s.project_id = ${projectId}`, sql`(s.blank or s.confidence is not null)`];
  if (filter.deploymentId !== undefined) ofImage.push(sql`s.deployment_id = ${filter.deploymentId}`);
  if (filter.category !== undefined) ofImage.push(sql`${sql.ref(`s.has_${filter.category}`)}`);
  // With a category, the highest confidence of that category: each image of a page must have a row, or the page would
  // seem to be the last one.
  if (filter.minConfidence !== undefined)
    ofImage.push(sql`(s.blank or ${sql.ref(`s.${filter.category ?? 'confidence'}`)} >= ${filter.minConfidence}::real)`);
  const ofLine = [sql`(s.blank or o.image_id is not null)`];
  if (filter.category !== undefined) ofLine.push(sql`o.category = ${filter.category}`);
  if (filter.minConfidence !== undefined) ofLine.push(sql`(s.blank or o.confidence >= ${filter.minConfidence}::real)`);
  const [images, lines] = [sql.join(ofImage, sql` and `), sql.join(ofLine, sql` and `)];
  await db
    .transaction()
    .setIsolationLevel('repeatable read')
    .setAccessMode('read only')
    .execute(async (tx) => {
      const counted = await sql<{ total: number }>`
        select count(*)::int as total from image_summaries s left join observations o on o.image_id = s.image_id
          where ${images} and ${lines}`.execute(tx);
      const total = counted.rows[0]?.total ?? 0;
      let afterId = 0;
      for (;;) {
        const { rows } = await sql<ObservationRow>`
          with s as materialized (select s.image_id, s.blank, s.review_id from image_summaries s
            where ${images} and s.image_id > ${afterId} order by s.image_id limit ${pageSize})
          select i.id as "imageId", i.file_path as "filePath", encode(i.sha256, 'hex') as sha256, p.name as deployment,
            l.name as location, l.latitude, l.longitude,
            i.captured_local as "capturedLocal", case when p.id is not null or i.manual_local
              is not null then ${localTimeOf('i', 'p')} end as "localTime",
            p.timezone, i.captured_at as "capturedAt",
            coalesce(o.category, 'blank') as category, o.label, o.individuals, o.confidence,
            case when r.id is null then 'machine' else 'human' end as source, r.reviewer, r.created_at as "reviewedAt"
          from s
          join images i on i.id = s.image_id
          left join deployments p on p.id = i.deployment_id
          left join locations l on l.id = p.location_id
          left join reviews r on r.id = s.review_id
          left join observations o on o.image_id = s.image_id
          where ${lines} order by s.image_id, o.category, o.label`.execute(tx);
        const last = rows.at(-1);
        if (last === undefined) return;
        await page(rows, total);
        afterId = last.imageId;
      }
    });
}
