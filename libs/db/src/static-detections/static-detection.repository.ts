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
import { tryAdvisoryLock } from '../connection/advisory-locks';
import { inLockedTransaction } from '../connection/in-locked-transaction';
import { inTransaction } from '../connection/in-transaction';
import { NOT_DONE, SharedJobs } from '../connection/shared-jobs';
import { lockImages, refreshObservations } from '../observations/refresh-observations';

/** Searches that one process runs concurrently: the other connections remain available. */
const MAX_CONCURRENT = 2;
/** Images whose detections are read at once. */
const READ_BATCH = 20_000;
/** Images whose detections are written at once. */
const WRITE_BATCH = 2_000;
/** Maximum time that comparing boxes blocks the event loop. */
const MAX_BLOCKING_MS = 20;

/** A box that is, or was, in 20 or more images of one deployment. */
export interface StaticDetectionRow {
  readonly id: number;
  readonly projectId: number;
  readonly deploymentId: number;
  readonly category: Category;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  /** Images with a detection that belongs to it; 0: fewer than 20 by now, and no detection is hidden. */
  readonly images: number;
  /** One of these images; null if there is none. */
  readonly exampleImageId: number | null;
  /** Time of the first of these images that has a time. */
  readonly firstAt: Date | null;
  readonly lastAt: Date | null;
  readonly dismissedAt: Date | null;
  readonly dismissedBy: string | null;
  readonly createdAt: Date;
}

/** The result of a search. */
export interface StaticDetectionSearch {
  /** In 20 or more images now, including dismissed ones. */
  readonly staticDetections: number;
  /** Of these, the ones found for the first time. */
  readonly newStaticDetections: number;
  /** Images with a detection that was assigned or unassigned. */
  readonly changedImages: number;
}

/** Delays after which a deployment is due for a search, in seconds. */
export interface SearchDelays {
  /** After the last new result. */
  readonly quietSeconds: number;
  /** At the latest, after the first new result. */
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
  readonly #searches = new WeakMap<Database, SharedJobs<StaticDetectionSearch>>();

  /** Lists deployments with new results since the last search that are due, those that have waited longest first. */
  async findDue(db: Executor, { quietSeconds, maxSeconds }: SearchDelays): Promise<number[]> {
    const { rows } = await sql<{ id: number }>`
      select deployment_id as id from stale_static_detections group by deployment_id
      having max(marked_at) <= now() - ${quietSeconds} * interval '1 second'
        or min(marked_at) <= now() - ${maxSeconds} * interval '1 second'
      order by min(marked_at), deployment_id`.execute(db);
    return rows.map(({ id }) => id);
  }

  /**
   * Searches for the static detections of a deployment and assigns detections to them. Known static detections keep
   * their id. Callers of one deployment share a search; waiting for another one takes no connection. Returns null if
   * the signal is aborted before it is done.
   */
  async search(db: Database, deploymentId: number, signal: AbortSignal): Promise<StaticDetectionSearch | null> {
    const searches = this.#searches.get(db) ?? new SharedJobs(MAX_CONCURRENT, (id) => searchNow(db, id));
    this.#searches.set(db, searches);
    const search = await searches.run(deploymentId, searches.started, signal);
    return search === NOT_DONE ? null : search;
  }

  /** Searches if there are new results. Returns null if there are none, or another search is running. */
  async searchStale(db: Database, deploymentId: number): Promise<StaticDetectionSearch | null> {
    return inTransaction(db, async (tx) => {
      if (
        !(await tryAdvisoryLock(tx, 'staticDetectionSearch', deploymentId)) ||
        (await deleteStale(tx, deploymentId)) === 0
      )
        return null;
      return find(tx, deploymentId);
    });
  }

  /**
   * Prevents searches and dismissals in the deployment of this static detection until the transaction ends. Does not
   * wait: returns `busy` while another process has the lock, and `missing` if the static detection does not exist.
   */
  async lock(tx: DatabaseTransaction, id: number): Promise<'locked' | 'busy' | 'missing'> {
    const row = await tx
      .selectFrom('static_detections')
      .select('deployment_id')
      .where('id', '=', id)
      .executeTakeFirst();
    if (row === undefined) return 'missing';
    return (await tryAdvisoryLock(tx, 'staticDetectionSearch', row.deployment_id)) ? 'locked' : 'busy';
  }

  /**
   * Dismisses a static detection that is locked for it, so that its detections are effective from then on (`by`: the
   * person), or withdraws that (null). Derives the effective observations of its images again.
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
      await sql<StaticDetectionRow>`${SELECT_ROWS} where b.deployment_id = ${deploymentId} and b.id > ${afterId}
        order by b.id limit ${limit}`.execute(db)
    ).rows;
  }

  async find(db: Executor, id: number): Promise<StaticDetectionRow | null> {
    return (await sql<StaticDetectionRow>`${SELECT_ROWS} where b.id = ${id}`.execute(db)).rows[0] ?? null;
  }
}

const SELECT_ROWS = sql`
  select b.id, b.project_id as "projectId", b.deployment_id as "deploymentId", b.category, b.x, b.y, b.width, b.height,
    b.images,
    found.example as "exampleImageId", found.first as "firstAt", found.last as "lastAt",
    b.dismissed_at as "dismissedAt",
      b.dismissed_by as "dismissedBy", b.created_at as "createdAt"
  from static_detections b
  cross join lateral (
    select min(d.image_id) as example, min(s.captured_at) as first, max(s.captured_at) as last
    from detections d join image_summaries s on s.image_id = d.image_id where d.static_detection_id = b.id) found`;

/** Searches as soon as no other process searches the deployment. */
async function searchNow(db: Database, deploymentId: number): Promise<StaticDetectionSearch> {
  return inLockedTransaction(db, 'staticDetectionSearch', deploymentId, async (tx) => {
    await deleteStale(tx, deploymentId);
    return find(tx, deploymentId);
  });
}

/** Deletes the rows that request a search. Statements after this one see all results that added them. */
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
    // Locked before any of them changes, in order of id across batches too.
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

/** Reads the detections that are effective unless static: of the latest inference, above the threshold. */
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
    const { rows } = await sql<
      { id: number; imageId: number; category: Category; staticDetectionId: number | null } & Box
    >`
      select d.id, d.image_id as "imageId", d.category, d.static_detection_id as "staticDetectionId", d.x, d.y,
        d.width, d.height
      from inferences f join models m on m.id = f.model_id
        join detections d on d.inference_id = f.id and d.confidence >= m.threshold
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

/**
 * Runs the generator in slices. Between them a query to Postgres, which would end the session of an idle transaction,
 * lets other work of the process run.
 */
async function runInSlices<Result>(tx: DatabaseTransaction, steps: Generator<undefined, Result>): Promise<Result> {
  for (let since = performance.now(); ;) {
    const { done, value } = steps.next();
    if (done === true) return value;
    if (performance.now() - since < MAX_BLOCKING_MS) continue;
    await sql`select 1`.execute(tx);
    since = performance.now();
  }
}

/** Returns the ids of the new rows. */
async function insertStaticDetections(
  tx: DatabaseTransaction,
  deploymentId: number,
  groups: readonly StaticDetectionGroup[],
): Promise<Map<StaticDetectionGroup, number>> {
  const ids = new Map<StaticDetectionGroup, number>();
  for (const group of groups) {
    const { rows } = await sql<{ id: number }>`
      insert into static_detections (project_id, deployment_id, category, x, y, width, height, images)
      select project_id, id, ${group.category}, ${group.box.x}, ${group.box.y}, ${group.box.width},
        ${group.box.height}, ${group.images}
      from deployments where id = ${deploymentId} returning id`.execute(tx);
    ids.set(group, rows[0]!.id);
  }
  return ids;
}

/**
 * Finds detections whose assignment differs from the search, including those that are no longer effective, because the
 * image was moved or processed by another model.
 */
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
  const assigned = await tx
    .selectFrom('static_detections')
    .innerJoin('detections', 'detections.static_detection_id', 'static_detections.id')
    .select(['detections.id', 'detections.image_id', 'static_detections.id as static_detection_id'])
    .where('static_detections.deployment_id', '=', deploymentId)
    .execute();
  for (const { id, image_id, static_detection_id } of assigned)
    if (!known.has(id)) changes.push({ id, imageId: image_id, from: static_detection_id, to: null });
  return changes;
}

/**
 * The images are locked. If one has changed since it was read, the row that requests a search remains, and the
 * deployment is due again.
 */
async function writeChanges(tx: DatabaseTransaction, deploymentId: number, changes: readonly Change[]): Promise<void> {
  await sql`
    update detections d set static_detection_id = change.after
    from unnest(${changes.map(({ id }) => id)}::bigint[], ${changes.map(({ from }) => from)}::bigint[],
      ${changes.map(({ to }) => to)}::bigint[]) as change (id, before, after)
    where d.id = change.id and d.static_detection_id is not distinct from change.before
      and (change.after is null or exists (
        select 1 from image_summaries s where s.image_id = d.image_id and s.deployment_id = ${deploymentId}
          and s.inference_id = d.inference_id))`.execute(tx);
}

async function countImages(tx: DatabaseTransaction, deploymentId: number): Promise<void> {
  await sql`
    update static_detections b set images = found.images
    from (
      select s.id, count(distinct d.image_id) as images from static_detections s
      left join detections d on d.static_detection_id = s.id
      where s.deployment_id = ${deploymentId} group by s.id) found
    where b.id = found.id and b.images <> found.images`.execute(tx);
}

function chunks<Item>(items: readonly Item[], size: number): Item[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}
