import { isDeepStrictEqual } from 'node:util';
import { sql, type RawBuilder } from 'kysely';
import type { DatabaseTransaction, Executor } from '../connection/database';
import type { FeedTopic } from './feed.tables';

/** The state of a subject after one change. */
export interface FeedRow {
  /** Ids increase in order of commit: a reader that has read up to an id has missed nothing before it. */
  readonly id: number;
  /** Null: the subject belongs to no project. */
  readonly projectId: number | null;
  readonly topic: FeedTopic;
  readonly data: object;
}

/** The present state of a run, export, bulk change or incident. */
export interface FeedSubject {
  readonly topic: FeedTopic;
  readonly subjectId: number;
  readonly projectId: number | null;
  /** The subject as the API returns it. */
  readonly data: object;
  /** Properties of `data` whose change alone adds no row. */
  readonly ignoredFields?: readonly string[];
  /** No further change of the subject is expected. */
  readonly ended: boolean;
  /** The subject may change without a change of its tasks: the next scan reads it again. */
  readonly recheck: boolean;
}

export interface FeedFilter {
  readonly topics: readonly FeedTopic[];
  /** Null: all projects. Incidents, which belong to no project, pass any list. */
  readonly projectIds: readonly number[] | null;
}

/** The range of ids that can be read. */
export interface FeedBounds {
  /** Id of the newest row; all rows up to it are visible. */
  readonly newest: number;
  /** Rows up to this id may have been deleted. */
  readonly deletedUpTo: number;
}

interface LatestRow {
  readonly id: number;
  readonly topic: FeedTopic;
  readonly subjectId: number;
  readonly data: object;
  readonly ended: boolean;
  readonly recheck: boolean;
}

/** Minimum time that rows are kept; the latest row of a subject that has not ended is kept longer. */
const RETENTION = sql`interval '1 day'`;
const DELETE_BATCH = 10_000;
const INSERT_BATCH = 1_000;
/** A scan takes at most one part in so many of the time, however much there is to scan. */
const SCAN_SHARE = 10;
/** The table of each topic; its `feed_pending` says that the last row of a subject is still to be written. */
const TABLES = {
  run: 'runs',
  export: 'exports',
  bulk_change: 'bulk_changes',
  incident: 'incidents',
} as const satisfies Record<FeedTopic, string>;

/** The tables `feed` and `feed_state`. See docs/adr/0012-feed.md. */
export class FeedRepository {
  /**
   * Makes this transaction the only writer of the feed until it ends. Returns false if another one is, or if the next
   * scan is not due yet.
   */
  async beginScan(tx: DatabaseTransaction): Promise<boolean> {
    const { rows } =
      await sql`select 1 from feed_state where next_scan_at <= clock_timestamp() for update skip locked`.execute(tx);
    return rows.length === 1;
  }

  /** Records when the scan started, and schedules the next one: after `everyMs`, or later if this scan took long. */
  async endScan(tx: DatabaseTransaction, everyMs: number): Promise<void> {
    await sql`
      update feed_state set scanned_at = now(),
        next_scan_at = clock_timestamp() + greatest(${everyMs} * interval '1 millisecond',
          ${SCAN_SHARE - 1} * (clock_timestamp() - now()))`.execute(tx);
  }

  /** Adds a row for each subject that differs from its latest row. Returns how many. Only during a scan. */
  async append(tx: DatabaseTransaction, subjects: readonly FeedSubject[]): Promise<number> {
    const latest = await this.#latest(tx, subjects);
    const of = (subject: FeedSubject): LatestRow | undefined => latest.get(`${subject.topic} ${subject.subjectId}`);
    const changed = subjects.filter((subject) => hasChanged(subject, of(subject)));
    await this.#updateRecheck(
      tx,
      subjects.filter((subject) => !changed.includes(subject)),
      of,
    );
    const outdated = changed.flatMap((subject) => of(subject)?.id ?? []);
    await sql`update feed set latest = false where id = any(${outdated}::bigint[])`.execute(tx);
    for (let from = 0; from < changed.length; from += INSERT_BATCH) {
      const rows = changed
        .slice(from, from + INSERT_BATCH)
        .map(({ topic, subjectId, projectId, data, ended, recheck }) => ({
          topic,
          subject_id: subjectId,
          project_id: projectId,
          data: JSON.stringify(data),
          ended,
          recheck,
        }));
      await tx.insertInto('feed').values(rows).execute();
    }
    await this.#updatePending(tx, subjects);
    return changed.length;
  }

  /** Deletes expired rows, the oldest first. Only during a scan. */
  async deleteExpired(tx: DatabaseTransaction): Promise<void> {
    await sql`
      with deleted as (
        delete from feed where id in (
          select id from feed where at < now() - ${RETENTION} and (not latest or ended)
            order by at limit ${DELETE_BATCH}
        ) returning id
      )
      update feed_state set deleted_up_to = greatest(deleted_up_to, (select max(id) from deleted))
        where exists (select 1 from deleted)`.execute(tx);
  }

  async readBounds(db: Executor): Promise<FeedBounds> {
    const { rows } = await sql<FeedBounds>`
      select greatest(deleted_up_to, (select max(id) from feed)) as newest, deleted_up_to as "deletedUpTo"
        from feed_state`.execute(db);
    const bounds = rows[0];
    if (bounds === undefined) throw new Error('feed_state has no row');
    return bounds;
  }

  /** Lists rows after `afterId` and up to `upTo` that pass the filter, in order of id. */
  async rows(db: Executor, filter: FeedFilter, afterId: number, upTo: number, limit: number): Promise<FeedRow[]> {
    return this.#read(db, sql`true`, filter, afterId, upTo, limit);
  }

  /** The same, but only the latest row of each subject that has not ended. */
  async listNotEnded(
    db: Executor,
    filter: FeedFilter,
    afterId: number,
    upTo: number,
    limit: number,
  ): Promise<FeedRow[]> {
    return this.#read(db, sql`latest and not ended`, filter, afterId, upTo, limit);
  }

  async #read(
    db: Executor,
    condition: RawBuilder<unknown>,
    { topics, projectIds }: FeedFilter,
    afterId: number,
    upTo: number,
    limit: number,
  ): Promise<FeedRow[]> {
    const ofProjects =
      projectIds === null ? sql`true` : sql`(topic = 'incident' or project_id = any(${[...projectIds]}::bigint[]))`;
    const { rows } = await sql<FeedRow>`
      select id, project_id as "projectId", topic, data from feed
      where ${condition} and id > ${afterId} and id <= ${upTo} and topic = any(${[...topics]}::text[]) and ${ofProjects}
      order by id limit ${limit}`.execute(db);
    return rows;
  }

  async #latest(tx: DatabaseTransaction, subjects: readonly FeedSubject[]): Promise<Map<string, LatestRow>> {
    const { rows } = await sql<LatestRow>`
      select f.id, f.topic, f.subject_id as "subjectId", f.data, f.ended, f.recheck
      from unnest(${subjects.map(({ topic }) => topic)}::text[],
        ${subjects.map(({ subjectId }) => subjectId)}::bigint[]) as s (topic, subject_id)
      join feed f on f.topic = s.topic and f.subject_id = s.subject_id and f.latest`.execute(tx);
    return new Map(rows.map((row) => [`${row.topic} ${row.subjectId}`, row]));
  }

  /** An unchanged subject may start or stop to need a recheck. */
  async #updateRecheck(
    tx: DatabaseTransaction,
    same: readonly FeedSubject[],
    of: (subject: FeedSubject) => LatestRow | undefined,
  ): Promise<void> {
    const turned = same
      .filter((subject) => of(subject)?.recheck !== subject.recheck)
      .flatMap((subject) => of(subject)?.id ?? []);
    await sql`update feed set recheck = not recheck where id = any(${turned}::bigint[])`.execute(tx);
  }

  /** Subjects that have ended are not scanned any more; those that started again are. */
  async #updatePending(tx: DatabaseTransaction, subjects: readonly FeedSubject[]): Promise<void> {
    for (const [topic, table] of Object.entries(TABLES)) {
      for (const ended of [true, false]) {
        const ids = subjects
          .filter((subject) => subject.topic === topic && subject.ended === ended)
          .map(({ subjectId }) => subjectId);
        if (ids.length === 0) continue;
        await sql`update ${sql.table(table)} set feed_pending = ${!ended}
          where id = any(${ids}::bigint[]) and feed_pending = ${ended}`.execute(tx);
      }
    }
  }
}

function hasChanged(subject: FeedSubject, latest: LatestRow | undefined): boolean {
  if (latest === undefined || latest.ended !== subject.ended) return true;
  const without = (data: object): object =>
    Object.fromEntries(Object.entries(data).filter(([key]) => subject.ignoredFields?.includes(key) !== true));
  // Compared as JSON: an absent value and an undefined one are equal.
  return !isDeepStrictEqual(without(latest.data), without(JSON.parse(JSON.stringify(subject.data)) as object));
}
