import { sql } from 'kysely';
import {
  searchStaticDetections,
  type Box,
  type Category,
  type LocatedDetection,
  type KnownStaticDetection,
  type StaticDetectionGroup,
} from '@pugmark/domain';
import type { Database, DatabaseTransaction, Executor } from '../connection/database';
import { inTransaction } from '../connection/in-transaction';
import { lockImages, refreshObservations } from '../observations/refresh-observations';

/** Class of the advisory locks under which the static boxes of one deployment are looked for, marked and unmarked. */
const SEARCH_LOCK = 7_411_211;
/** Images whose detections are read at once. */
const READ_BATCH = 20_000;
/** Images whose detections are written at once. */
const WRITE_BATCH = 2_000;
/** After so many milliseconds of comparing boxes, whoever else waits for this process has a turn. */
const MAX_BLOCKING_MS = 20;

/** A box that is in 20 or more images of one deployment, or was. */
export interface StaticDetectionRow {
  readonly id: number;
  readonly projectId: number;
  readonly deploymentId: number;
  readonly category: Category;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  /** With detections that belong to it; 0: it is in less than 20 by now, and hides nothing. */
  readonly images: number;
  /** One of them; null where there is none. */
  readonly exampleImageId: number | null;
  /** Of those of them with a known time. */
  readonly firstAt: Date | null;
  readonly lastAt: Date | null;
  readonly dismissedAt: Date | null;
  readonly dismissedBy: string | null;
  readonly createdAt: Date;
}

/** What a search came to. */
export interface StaticDetectionSearch {
  /** In 20 or more images now, unmarked ones too. */
  readonly staticDetections: number;
  /** Of them, those that nobody knew. */
  readonly newStaticDetections: number;
  /** Whose detections belong to another box than before, to one, or to none any more. */
  readonly changedImages: number;
}

/** When a deployment is due, in seconds. */
export interface SearchDelays {
  /** Nothing new came for so long. */
  readonly quietSeconds: number;
  /** However much comes, so long after what came first. */
  readonly maxSeconds: number;
}

interface AssignedBox extends LocatedDetection {
  readonly staticDetectionId: number | null;
}

interface Change {
  readonly id: number;
  readonly imageId: number;
  readonly from: number | null;
  readonly to: number | null;
}

export class StaticDetectionRepository {
  /** Deployments in which something was found since static boxes were looked for, and which are due; those that wait longest first. */
  async findDue(db: Executor, { quietSeconds, maxSeconds: latestSeconds }: SearchDelays): Promise<number[]> {
    const { rows } = await sql<{ id: number }>`
      select deployment_id as id from stale_static_detections group by deployment_id
      having max(marked_at) <= now() - ${quietSeconds} * interval '1 second' or min(marked_at) <= now() - ${latestSeconds} * interval '1 second'
      order by min(marked_at), deployment_id`.execute(db);
    return rows.map(({ id }) => id);
  }

  /** Looks for the static boxes of a deployment and marks what belongs to them; waits for another who does so. Known boxes keep their id. */
  async search(db: Database, deploymentId: number): Promise<StaticDetectionSearch> {
    return inTransaction(db, async (tx) => {
      await lockSearch(tx, deploymentId);
      await deleteStale(tx, deploymentId);
      return find(tx, deploymentId);
    });
  }

  /** The same where something is new. Null where nothing is, or another is looking. */
  async searchStale(db: Database, deploymentId: number): Promise<StaticDetectionSearch | null> {
    return inTransaction(db, async (tx) => {
      const { rows } = await sql<{
        free: boolean;
      }>`select pg_try_advisory_xact_lock(${SEARCH_LOCK}::int, ${deploymentId}::int) as free`.execute(tx);
      if (rows[0]?.free !== true || (await deleteStale(tx, deploymentId)) === 0) return null;
      return find(tx, deploymentId);
    });
  }

  /** Until the transaction ends nobody marks or unmarks anything in the deployment of this box. False when there is no such box. */
  async lock(tx: DatabaseTransaction, id: number): Promise<boolean> {
    const box = await tx
      .selectFrom('static_detections')
      .select('deployment_id')
      .where('id', '=', id)
      .executeTakeFirst();
    if (box === undefined) return false;
    await lockSearch(tx, box.deployment_id);
    return true;
  }

  /**
   * A person says that what the box, which is locked for it, holds is real, so that its detections count from then on (`by`: who), or takes
   * that back (null). What counts in its images is derived again.
   */
  async setDismissed(tx: DatabaseTransaction, id: number, by: string | null): Promise<void> {
    const changed = await tx
      .updateTable('static_detections')
      .set({ dismissed_at: by === null ? null : sql`now()`, dismissed_by: by })
      .where('id', '=', id)
      .where('dismissed_at', by === null ? 'is not' : 'is', null)
      .executeTakeFirst();
    if (changed.numUpdatedRows === 0n) return;
    const images = await tx
      .selectFrom('detections')
      .select('image_id')
      .distinct()
      .where('static_detection_id', '=', id)
      .orderBy('image_id')
      .execute();
    for (const some of chunks(images, WRITE_BATCH))
      await refreshObservations(
        tx,
        some.map((row) => row.image_id),
      );
  }

  async page(db: Executor, deploymentId: number, afterId: number, limit: number): Promise<StaticDetectionRow[]> {
    return (
      await sql<StaticDetectionRow>`${SELECT_ROWS} where b.deployment_id = ${deploymentId} and b.id > ${afterId} order by b.id limit ${limit}`.execute(
        db,
      )
    ).rows;
  }

  async find(db: Executor, id: number): Promise<StaticDetectionRow | null> {
    return (await sql<StaticDetectionRow>`${SELECT_ROWS} where b.id = ${id}`.execute(db)).rows[0] ?? null;
  }
}

const SELECT_ROWS = sql`
  select b.id, b.project_id as "projectId", b.deployment_id as "deploymentId", b.category, b.x, b.y, b.width, b.height, b.images,
    seen.example as "exampleImageId", seen.first as "firstAt", seen.last as "lastAt", b.dismissed_at as "dismissedAt", b.dismissed_by as "dismissedBy", b.created_at as "createdAt"
  from static_detections b
  cross join lateral (
    select min(d.image_id) as example, min(s.captured_at) as first, max(s.captured_at) as last
    from detections d join image_summaries s on s.image_id = d.image_id where d.static_detection_id = b.id) seen`;

async function lockSearch(tx: DatabaseTransaction, deploymentId: number): Promise<void> {
  await sql`select pg_advisory_xact_lock(${SEARCH_LOCK}::int, ${deploymentId}::int)`.execute(tx);
}

/** What says that there is something new. Statements after this one see all that was. */
async function deleteStale(tx: DatabaseTransaction, deploymentId: number): Promise<number> {
  const { numDeletedRows } = await tx
    .deleteFrom('stale_static_detections')
    .where('deployment_id', '=', deploymentId)
    .executeTakeFirst();
  return Number(numDeletedRows);
}

async function find(tx: DatabaseTransaction, deploymentId: number): Promise<StaticDetectionSearch> {
  const found = await readDetections(tx, deploymentId);
  const groups = await runInSlices(
    tx,
    searchStaticDetections(found, await readKnownStaticDetections(tx, deploymentId)),
  );
  const added = await insertStaticDetections(
    tx,
    deploymentId,
    groups.filter(({ knownId }) => knownId === null),
  );
  const boxIds = new Map<number, number>();
  for (const group of groups) for (const id of group.detectionIds) boxIds.set(id, group.knownId ?? added.get(group)!);
  const changes = await findChanges(tx, deploymentId, found, boxIds);
  const images = [...new Set(changes.map(({ imageId }) => imageId))].sort((a, b) => a - b);
  for (const some of chunks(images, WRITE_BATCH)) {
    const [first, last] = [some[0]!, some.at(-1)!];
    // Locked before anything of them changes, and in order from chunk to chunk as well.
    await lockImages(tx, some);
    await writeChanges(
      tx,
      deploymentId,
      changes.filter(({ imageId }) => imageId >= first && imageId <= last),
    );
    await refreshObservations(tx, some);
  }
  await countImages(tx, deploymentId);
  return {
    staticDetections: new Set(boxIds.values()).size,
    newStaticDetections: added.size,
    changedImages: images.length,
  };
}

/** What counts, unless it is static: of the model that looked last, from its threshold on. */
async function readDetections(tx: DatabaseTransaction, deploymentId: number): Promise<AssignedBox[]> {
  const found: AssignedBox[] = [];
  for (let after: number | undefined = 0; after !== undefined;) {
    const images = await tx
      .selectFrom('image_summaries')
      .select(['image_id', 'inference_id'])
      .where('deployment_id', '=', deploymentId)
      .where('image_id', '>', after)
      .orderBy('image_id')
      .limit(READ_BATCH)
      .execute();
    const inferences = images.flatMap(({ inference_id }) => inference_id ?? []);
    const { rows } = await sql<{ id: number; imageId: number; category: Category; staticDetectionId: number | null } & Box>`
      select d.id, d.image_id as "imageId", d.category, d.static_detection_id as "staticDetectionId", d.x, d.y, d.width, d.height
      from inferences f join models m on m.id = f.model_id join detections d on d.inference_id = f.id and d.confidence >= m.threshold
      where f.id = any(${inferences}::bigint[])`.execute(tx);
    for (const { id, imageId, category, staticDetectionId, ...box } of rows)
      found.push({ id, imageId, category, staticDetectionId, box });
    after = images.length < READ_BATCH ? undefined : images.at(-1)?.image_id;
  }
  return found;
}

async function readKnownStaticDetections(
  tx: DatabaseTransaction,
  deploymentId: number,
): Promise<KnownStaticDetection[]> {
  const rows = await tx
    .selectFrom('static_detections')
    .select(['id', 'category', 'x', 'y', 'width', 'height'])
    .where('deployment_id', '=', deploymentId)
    .execute();
  return rows.map(({ id, category, ...box }) => ({ id, category, box }));
}

/** Says a word to Postgres between turns, which ends the session of a transaction that is silent for long; until it answers, others have their turn. */
async function runInSlices<Result>(tx: DatabaseTransaction, steps: Generator<undefined, Result>): Promise<Result> {
  for (let since = performance.now(); ;) {
    const { done, value } = steps.next();
    if (done === true) return value;
    if (performance.now() - since < MAX_BLOCKING_MS) continue;
    await sql`select 1`.execute(tx);
    since = performance.now();
  }
}

/** The ids of new boxes. */
async function insertStaticDetections(
  tx: DatabaseTransaction,
  deploymentId: number,
  groups: readonly StaticDetectionGroup[],
): Promise<Map<StaticDetectionGroup, number>> {
  const ids = new Map<StaticDetectionGroup, number>();
  for (const group of groups) {
    const { rows } = await sql<{ id: number }>`
      insert into static_detections (project_id, deployment_id, category, x, y, width, height, images)
      select project_id, id, ${group.category}, ${group.box.x}, ${group.box.y}, ${group.box.width}, ${group.box.height}, ${group.images}
      from deployments where id = ${deploymentId} returning id`.execute(tx);
    ids.set(group, rows[0]!.id);
  }
  return ids;
}

/** What is marked otherwise than it is found, what counts no longer among it: the image was moved, or another model looked at it. */
async function findChanges(
  tx: DatabaseTransaction,
  deploymentId: number,
  found: readonly AssignedBox[],
  boxIds: ReadonlyMap<number, number>,
): Promise<Change[]> {
  const changes: Change[] = [];
  for (const { id, imageId, staticDetectionId } of found) {
    const to = boxIds.get(id) ?? null;
    if (to !== staticDetectionId) changes.push({ id, imageId, from: staticDetectionId, to });
  }
  const known = new Set(found.map(({ id }) => id));
  const marked = await tx
    .selectFrom('static_detections')
    .innerJoin('detections', 'detections.static_detection_id', 'static_detections.id')
    .select(['detections.id', 'detections.image_id', 'static_detections.id as box_id'])
    .where('static_detections.deployment_id', '=', deploymentId)
    .execute();
  for (const { id, image_id, box_id } of marked)
    if (!known.has(id)) changes.push({ id, imageId: image_id, from: box_id, to: null });
  return changes;
}

/** Their images are locked. Where one changed since it was read, the mark that says so stays, and the deployment is due again. */
async function writeChanges(tx: DatabaseTransaction, deploymentId: number, changes: readonly Change[]): Promise<void> {
  await sql`
    update detections d set static_detection_id = change.becomes
    from unnest(${changes.map(({ id }) => id)}::bigint[], ${changes.map(({ from }) => from)}::bigint[], ${changes.map(({ to }) => to)}::bigint[]) as change (id, was, becomes)
    where d.id = change.id and d.static_detection_id is not distinct from change.was
      and (change.becomes is null or exists (
        select 1 from image_summaries s where s.image_id = d.image_id and s.deployment_id = ${deploymentId} and s.inference_id = d.inference_id))`.execute(
    tx,
  );
}

async function countImages(tx: DatabaseTransaction, deploymentId: number): Promise<void> {
  await sql`
    update static_detections b set images = seen.images
    from (
      select box.id, count(distinct d.image_id) as images from static_detections box left join detections d on d.static_detection_id = box.id
      where box.deployment_id = ${deploymentId} group by box.id) seen
    where b.id = seen.id and b.images <> seen.images`.execute(tx);
}

function chunks<Item>(items: readonly Item[], size: number): Item[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}
