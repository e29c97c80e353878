import { sql, type Selectable } from 'kysely';
import type { Box, ReviewRefusal, ReviewedObservation } from '@pugmark/domain';
import type { DatabaseTransaction, Executor } from '../connection/database';
import { refreshObservations } from '../observations/refresh-observations';
import type { ReviewsTable } from './reviews.tables';

/** The author of an annotation, with a note. */
export interface Reviewer {
  readonly name: string;
  readonly keyId: number | null;
  readonly note: string | null;
  /** Identifies the request, if it annotates many images. */
  readonly batchId: string | null;
}

export interface NewReview {
  readonly imageId: number;
  readonly action: ReviewsTable['action'];
  /** Null: the inference is effective again. */
  readonly observations: readonly ReviewedObservation[] | null;
  readonly redoOf?: number;
}

export type ReviewRow = Selectable<ReviewsTable>;

export interface ReviewHistoryRow extends ReviewRow {
  /** Whether it is the effective review of the image. */
  readonly isEffective: boolean;
}

/** Images that a request for many images did not change. */
export interface ReviewBatch {
  readonly id: number;
  readonly batchId: string;
  readonly unchanged: readonly number[];
  readonly refused: Readonly<Partial<Record<ReviewRefusal, readonly number[]>>>;
}

/** Annotations of images. Rows are never removed; effective observations are derived in the same transaction. */
export class ReviewRepository {
  /**
   * Locks images of a project in order of id, so that concurrent reviews are serialized. Returns the ids that exist.
   */
  async lockImages(tx: DatabaseTransaction, projectId: number, imageIds: readonly number[]): Promise<number[]> {
    const { rows } = await sql<{ id: number }>`
      select id from images where id = any(${[...imageIds]}::bigint[]) and project_id = ${projectId}
        order by id for no key update`.execute(tx);
    return rows.map(({ id }) => id);
  }

  /** Adds reviews of images of this project, which must be locked. Returns their ids by image. */
  async add(
    tx: DatabaseTransaction,
    projectId: number,
    reviewer: Reviewer,
    reviews: readonly NewReview[],
  ): Promise<Map<number, number>> {
    if (reviews.length === 0) return new Map();
    const { rows } = await sql<{ id: number; imageId: number }>`
      insert into reviews (project_id, image_id, action, observations, redo_of, note, batch_id, key_id, reviewer)
      select ${projectId}::bigint, added.image_id, added.action, added.observations::jsonb, added.redo_of,
        ${reviewer.note}::text, ${reviewer.batchId}::uuid, ${reviewer.keyId}::bigint, ${reviewer.name}::text
      from unnest(
        ${reviews.map(({ imageId }) => imageId)}::bigint[], ${reviews.map(({ action }) => action)}::text[],
        ${reviews.map(({ observations }) => toJson(observations))}::text[],
        ${reviews.map(({ redoOf }) => redoOf ?? null)}::bigint[]
      ) as added (image_id, action, observations, redo_of)
      returning id, image_id as "imageId"`.execute(tx);
    await refreshObservations(
      tx,
      rows.map(({ imageId }) => imageId),
    );
    return new Map(rows.map(({ id, imageId }) => [imageId, id]));
  }

  /** Undoes effective reviews of locked images: the previous ones are effective again. */
  async undo(tx: DatabaseTransaction, reviews: readonly ReviewRow[], undoneBy: string): Promise<void> {
    // The clock, not the start of the transaction, which may have waited for another review.
    await tx
      .updateTable('reviews')
      .set({ undone_at: sql<Date>`clock_timestamp()`, undone_by: undoneBy })
      .where('id', '=', sql<number>`any(${reviews.map(({ id }) => id)}::bigint[])`)
      .execute();
    await refreshObservations(
      tx,
      reviews.map((row) => row.image_id),
    );
  }

  /**
   * Locks taxa against changes until the transaction ends. Must be called before images are locked, as a correction of
   * a taxon locks the taxon first.
   */
  async lockTaxa(tx: DatabaseTransaction, taxonIds: readonly number[]): Promise<void> {
    if (taxonIds.length > 0)
      await sql`select 1 from taxa where id = any(${[...taxonIds]}::bigint[]) order by id for share`.execute(tx);
  }

  /**
   * Lists images after `afterId` of which a person recorded this taxon, in order of id. Reads up to all reviews of the
   * project: half a second for a million.
   */
  async listImagesWithTaxon(
    db: Executor,
    projectId: number,
    taxonId: number,
    afterId: number,
    limit: number,
  ): Promise<number[]> {
    const { rows } = await sql<{ id: number }>`
      select distinct image_id as id from reviews
      where project_id = ${projectId} and undone_at is null and image_id > ${afterId}
        and observations @> ${JSON.stringify([{ taxonId }])}::jsonb
      order by image_id limit ${limit}`.execute(db);
    return rows.map(({ id }) => id);
  }

  async countImagesWithTaxon(db: Executor, projectId: number, taxonId: number): Promise<number> {
    const { rows } = await sql<{ count: number }>`
      select count(distinct image_id) as count from reviews
      where project_id = ${projectId} and undone_at is null
        and observations @> ${JSON.stringify([{ taxonId }])}::jsonb`.execute(db);
    return rows[0]!.count;
  }

  async find(db: Executor, id: number): Promise<ReviewRow | null> {
    return (await db.selectFrom('reviews').selectAll().where('id', '=', id).executeTakeFirst()) ?? null;
  }

  async findMany(db: Executor, ids: readonly number[]): Promise<ReviewRow[]> {
    return db
      .selectFrom('reviews')
      .selectAll()
      .where('id', '=', sql<number>`any(${[...ids]}::bigint[])`)
      .orderBy('id')
      .execute();
  }

  /** The effective review of each of these images, including one that withdrew an annotation. */
  async findEffective(db: Executor, imageIds: readonly number[]): Promise<Map<number, ReviewRow>> {
    const rows = await db
      .selectFrom('reviews')
      .selectAll()
      .distinctOn('image_id')
      .where('image_id', '=', sql<number>`any(${[...imageIds]}::bigint[])`)
      .where('undone_at', 'is', null)
      .orderBy('image_id')
      .orderBy('id', 'desc')
      .execute();
    return new Map(rows.map((row) => [row.image_id, row]));
  }

  /** Lists reviews before `beforeId`, newest first. */
  async listHistory(
    db: Executor,
    imageId: number,
    beforeId: number | null,
    limit: number,
  ): Promise<ReviewHistoryRow[]> {
    let query = db
      .selectFrom('reviews')
      .selectAll()
      .select(
        sql<boolean>`id is not distinct from (select max(last.id) from reviews last
          where last.image_id = ${imageId} and last.undone_at is null)`.as('isEffective'),
      )
      .where('image_id', '=', imageId);
    if (beforeId !== null) query = query.where('id', '<', beforeId);
    return query.orderBy('id', 'desc').limit(limit).execute();
  }

  /** In order of images. */
  async findByBatch(db: Executor, projectId: number, batchId: string): Promise<ReviewRow[]> {
    return db
      .selectFrom('reviews')
      .selectAll()
      .where('batch_id', '=', batchId)
      .where('project_id', '=', projectId)
      .orderBy('image_id')
      .execute();
  }

  async createBatch(
    tx: DatabaseTransaction,
    projectId: number,
    { batchId, unchanged, refused }: Omit<ReviewBatch, 'id'>,
  ): Promise<number> {
    const { id } = await tx
      .insertInto('review_batches')
      .values({ project_id: projectId, batch_id: batchId, unchanged: [...unchanged], refused: JSON.stringify(refused) })
      .returning('id')
      .executeTakeFirstOrThrow();
    return id;
  }

  async findBatch(
    db: Executor,
    by: { readonly id: number } | { readonly projectId: number; readonly batchId: string },
  ): Promise<ReviewBatch | null> {
    const query = db.selectFrom('review_batches').select(['id', 'batch_id as batchId', 'unchanged', 'refused']);
    const found =
      'id' in by
        ? query.where('id', '=', by.id)
        : query.where('batch_id', '=', by.batchId).where('project_id', '=', by.projectId);
    return (await found.executeTakeFirst()) ?? null;
  }

  /** Returns the boxes of those of these detections that belong to the image. */
  async detectionBoxes(db: Executor, imageId: number, detectionIds: readonly number[]): Promise<Map<number, Box>> {
    const rows = await db
      .selectFrom('detections')
      .select(['id', 'x', 'y', 'width', 'height'])
      .where('image_id', '=', imageId)
      .where('id', '=', sql<number>`any(${[...detectionIds]}::bigint[])`)
      .execute();
    return new Map(rows.map(({ id, ...box }) => [id, box]));
  }
}

function toJson(observations: readonly ReviewedObservation[] | null): string | null {
  return observations === null ? null : JSON.stringify(observations.map(toStoredObservation));
}

/** Copies the stored properties only: a proposal of a model has more. */
function toStoredObservation({
  category,
  label,
  taxonId,
  individuals,
  box,
  detectionId,
}: ReviewedObservation): ReviewedObservation {
  return { category, label, taxonId, individuals, box, detectionId };
}
