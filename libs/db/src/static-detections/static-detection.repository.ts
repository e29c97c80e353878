import { sql } from 'kysely';
import {
  searchStaticBoxes,
  type Box,
  type Category,
  type FoundBox,
  type KnownBox,
  type StaticGroup,
} from '@pugmark/domain';
import type { Database, DatabaseTransaction, Executor } from '../connection/database';
import { inTransaction } from '../connection/in-transaction';
import { lockImages, refreshObservations } from '../observations/refresh-observations';

/** Class of the advisory locks under which the static boxes of one deployment are looked for, marked and unmarked. */
const SEARCHING = 7_411_211;
/** Images whose detections are read at once. */
const READ = 20_000;
/** Images whose detections are written at once. */
const WRITTEN = 2_000;
/** After so many milliseconds of comparing boxes, whoever else waits for this process has a turn. */
const TURN_MS = 20;

/** A box that is in 20 or more images of one deployment, or was. */
export interface StaticBoxRow {
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
  readonly unmarkedAt: Date | null;
  readonly unmarkedBy: string | null;
  readonly createdAt: Date;
}

/** What a search came to. */
export interface StaticSearch {
  /** In 20 or more images now, unmarked ones too. */
  readonly boxes: number;
  /** Of them, those that nobody knew. */
  readonly newBoxes: number;
  /** Whose detections belong to another box than before, to one, or to none any more. */
  readonly changedImages: number;
}

/** When a deployment is due, in seconds. */
export interface SearchPace {
  /** Nothing new came for so long. */
  readonly quietSeconds: number;
  /** However much comes, so long after what came first. */
  readonly latestSeconds: number;
}

interface MarkedBox extends FoundBox {
  readonly staticBoxId: number | null;
}

interface Change {
  readonly id: number;
  readonly imageId: number;
  readonly from: number | null;
  readonly to: number | null;
}

export class StaticBoxRepository {
  /** Deployments in which something was found since static boxes were looked for, and which are due; those that wait longest first. */
  async due(db: Executor, { quietSeconds, latestSeconds }: SearchPace): Promise<number[]> {
    const { rows } = await sql<{ id: number }>`
      select deployment_id as id from stale_static_boxes group by deployment_id
      having max(marked_at) <= now() - ${quietSeconds} * interval '1 second' or min(marked_at) <= now() - ${latestSeconds} * interval '1 second'
      order by min(marked_at), deployment_id`.execute(db);
    return rows.map(({ id }) => id);
  }

  /** Looks for the static boxes of a deployment and marks what belongs to them; waits for another who does so. Known boxes keep their id. */
  async search(db: Database, deploymentId: number): Promise<StaticSearch> {
    return inTransaction(db, async (tx) => {
      await lockSearch(tx, deploymentId);
      await takeMarks(tx, deploymentId);
      return find(tx, deploymentId);
    });
  }

  /** The same where something is new. Null where nothing is, or another is looking. */
  async searchStale(db: Database, deploymentId: number): Promise<StaticSearch | null> {
    return inTransaction(db, async (tx) => {
      const { rows } = await sql<{
        free: boolean;
      }>`select pg_try_advisory_xact_lock(${SEARCHING}::int, ${deploymentId}::int) as free`.execute(tx);
      if (rows[0]?.free !== true || (await takeMarks(tx, deploymentId)) === 0) return null;
      return find(tx, deploymentId);
    });
  }

  /** Until the transaction ends nobody marks or unmarks anything in the deployment of this box. False when there is no such box. */
  async lock(tx: DatabaseTransaction, id: number): Promise<boolean> {
    const box = await tx.selectFrom('static_boxes').select('deployment_id').where('id', '=', id).executeTakeFirst();
    if (box === undefined) return false;
    await lockSearch(tx, box.deployment_id);
    return true;
  }

  /**
   * A person says that what the box, which is locked for it, holds is real, so that its detections count from then on (`by`: who), or takes
   * that back (null). What counts in its images is derived again.
   */
  async setUnmarked(tx: DatabaseTransaction, id: number, by: string | null): Promise<void> {
    const changed = await tx
      .updateTable('static_boxes')
      .set({ unmarked_at: by === null ? null : sql`now()`, unmarked_by: by })
      .where('id', '=', id)
      .where('unmarked_at', by === null ? 'is not' : 'is', null)
      .executeTakeFirst();
    if (changed.numUpdatedRows === 0n) return;
    const images = await tx
      .selectFrom('detections')
      .select('image_id')
      .distinct()
      .where('static_box_id', '=', id)
      .orderBy('image_id')
      .execute();
    for (const some of chunks(images, WRITTEN))
      await refreshObservations(
        tx,
        some.map((row) => row.image_id),
      );
  }

  async page(db: Executor, deploymentId: number, afterId: number, limit: number): Promise<StaticBoxRow[]> {
    return (
      await sql<StaticBoxRow>`${SELECTED} where b.deployment_id = ${deploymentId} and b.id > ${afterId} order by b.id limit ${limit}`.execute(
        db,
      )
    ).rows;
  }

  async find(db: Executor, id: number): Promise<StaticBoxRow | null> {
    return (await sql<StaticBoxRow>`${SELECTED} where b.id = ${id}`.execute(db)).rows[0] ?? null;
  }
}

const SELECTED = sql`
  select b.id, b.project_id as "projectId", b.deployment_id as "deploymentId", b.category, b.x, b.y, b.width, b.height, b.images,
    seen.example as "exampleImageId", seen.first as "firstAt", seen.last as "lastAt", b.unmarked_at as "unmarkedAt", b.unmarked_by as "unmarkedBy", b.created_at as "createdAt"
  from static_boxes b
  cross join lateral (
    select min(d.image_id) as example, min(s.captured_at) as first, max(s.captured_at) as last
    from detections d join image_summaries s on s.image_id = d.image_id where d.static_box_id = b.id) seen`;

async function lockSearch(tx: DatabaseTransaction, deploymentId: number): Promise<void> {
  await sql`select pg_advisory_xact_lock(${SEARCHING}::int, ${deploymentId}::int)`.execute(tx);
}

/** What says that there is something new. Statements after this one see all that was. */
async function takeMarks(tx: DatabaseTransaction, deploymentId: number): Promise<number> {
  const { numDeletedRows } = await tx
    .deleteFrom('stale_static_boxes')
    .where('deployment_id', '=', deploymentId)
    .executeTakeFirst();
  return Number(numDeletedRows);
}

async function find(tx: DatabaseTransaction, deploymentId: number): Promise<StaticSearch> {
  const found = await readFound(tx, deploymentId);
  const groups = await unhurried(tx, searchStaticBoxes(found, await readKnown(tx, deploymentId)));
  const added = await insertBoxes(
    tx,
    deploymentId,
    groups.filter(({ knownId }) => knownId === null),
  );
  const boxIds = new Map<number, number>();
  for (const group of groups) for (const id of group.detectionIds) boxIds.set(id, group.knownId ?? added.get(group)!);
  const changes = await changesOf(tx, deploymentId, found, boxIds);
  const images = [...new Set(changes.map(({ imageId }) => imageId))].sort((a, b) => a - b);
  for (const some of chunks(images, WRITTEN)) {
    const [first, last] = [some[0]!, some.at(-1)!];
    // Locked before anything of them changes, and in order from chunk to chunk as well.
    await lockImages(tx, some);
    await write(
      tx,
      deploymentId,
      changes.filter(({ imageId }) => imageId >= first && imageId <= last),
    );
    await refreshObservations(tx, some);
  }
  await countImages(tx, deploymentId);
  return { boxes: new Set(boxIds.values()).size, newBoxes: added.size, changedImages: images.length };
}

/** What counts, unless it is static: of the model that looked last, from its threshold on. */
async function readFound(tx: DatabaseTransaction, deploymentId: number): Promise<MarkedBox[]> {
  const found: MarkedBox[] = [];
  for (let after: number | undefined = 0; after !== undefined;) {
    const images = await tx
      .selectFrom('image_summaries')
      .select(['image_id', 'inference_id'])
      .where('deployment_id', '=', deploymentId)
      .where('image_id', '>', after)
      .orderBy('image_id')
      .limit(READ)
      .execute();
    const inferences = images.flatMap(({ inference_id }) => inference_id ?? []);
    const { rows } = await sql<{ id: number; imageId: number; category: Category; staticBoxId: number | null } & Box>`
      select d.id, d.image_id as "imageId", d.category, d.static_box_id as "staticBoxId", d.x, d.y, d.width, d.height
      from inferences f join models m on m.id = f.model_id join detections d on d.inference_id = f.id and d.confidence >= m.threshold
      where f.id = any(${inferences}::bigint[])`.execute(tx);
    for (const { id, imageId, category, staticBoxId, ...box } of rows)
      found.push({ id, imageId, category, staticBoxId, box });
    after = images.length < READ ? undefined : images.at(-1)?.image_id;
  }
  return found;
}

async function readKnown(tx: DatabaseTransaction, deploymentId: number): Promise<KnownBox[]> {
  const rows = await tx
    .selectFrom('static_boxes')
    .select(['id', 'category', 'x', 'y', 'width', 'height'])
    .where('deployment_id', '=', deploymentId)
    .execute();
  return rows.map(({ id, category, ...box }) => ({ id, category, box }));
}

/** Says a word to Postgres between turns, which ends the session of a transaction that is silent for long; until it answers, others have their turn. */
async function unhurried<Result>(tx: DatabaseTransaction, steps: Generator<undefined, Result>): Promise<Result> {
  for (let since = performance.now(); ;) {
    const { done, value } = steps.next();
    if (done === true) return value;
    if (performance.now() - since < TURN_MS) continue;
    await sql`select 1`.execute(tx);
    since = performance.now();
  }
}

/** The ids of new boxes. */
async function insertBoxes(
  tx: DatabaseTransaction,
  deploymentId: number,
  groups: readonly StaticGroup[],
): Promise<Map<StaticGroup, number>> {
  const ids = new Map<StaticGroup, number>();
  for (const group of groups) {
    const { rows } = await sql<{ id: number }>`
      insert into static_boxes (project_id, deployment_id, category, x, y, width, height, images)
      select project_id, id, ${group.category}, ${group.box.x}, ${group.box.y}, ${group.box.width}, ${group.box.height}, ${group.images}
      from deployments where id = ${deploymentId} returning id`.execute(tx);
    ids.set(group, rows[0]!.id);
  }
  return ids;
}

/** What is marked otherwise than it is found, what counts no longer among it: the image was moved, or another model looked at it. */
async function changesOf(
  tx: DatabaseTransaction,
  deploymentId: number,
  found: readonly MarkedBox[],
  boxIds: ReadonlyMap<number, number>,
): Promise<Change[]> {
  const changes: Change[] = [];
  for (const { id, imageId, staticBoxId } of found) {
    const to = boxIds.get(id) ?? null;
    if (to !== staticBoxId) changes.push({ id, imageId, from: staticBoxId, to });
  }
  const known = new Set(found.map(({ id }) => id));
  const marked = await tx
    .selectFrom('static_boxes')
    .innerJoin('detections', 'detections.static_box_id', 'static_boxes.id')
    .select(['detections.id', 'detections.image_id', 'static_boxes.id as box_id'])
    .where('static_boxes.deployment_id', '=', deploymentId)
    .execute();
  for (const { id, image_id, box_id } of marked)
    if (!known.has(id)) changes.push({ id, imageId: image_id, from: box_id, to: null });
  return changes;
}

/** Their images are locked. Where one changed since it was read, the mark that says so stays, and the deployment is due again. */
async function write(tx: DatabaseTransaction, deploymentId: number, changes: readonly Change[]): Promise<void> {
  await sql`
    update detections d set static_box_id = change.becomes
    from unnest(${changes.map(({ id }) => id)}::bigint[], ${changes.map(({ from }) => from)}::bigint[], ${changes.map(({ to }) => to)}::bigint[]) as change (id, was, becomes)
    where d.id = change.id and d.static_box_id is not distinct from change.was
      and (change.becomes is null or exists (
        select 1 from image_summaries s where s.image_id = d.image_id and s.deployment_id = ${deploymentId} and s.inference_id = d.inference_id))`.execute(
    tx,
  );
}

async function countImages(tx: DatabaseTransaction, deploymentId: number): Promise<void> {
  await sql`
    update static_boxes b set images = seen.images
    from (
      select box.id, count(distinct d.image_id) as images from static_boxes box left join detections d on d.static_box_id = box.id
      where box.deployment_id = ${deploymentId} group by box.id) seen
    where b.id = seen.id and b.images <> seen.images`.execute(tx);
}

function chunks<Item>(items: readonly Item[], size: number): Item[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}
