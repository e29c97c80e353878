import { isDeepStrictEqual } from 'node:util';
import { sql, type RawBuilder } from 'kysely';
import type { DatabaseTransaction, Executor } from '../connection/database';
import type { FeedTopic } from './feed.tables';

/** One change of one thing, as it was after it. */
export interface FeedRow {
  /** Ids rise in order of commit: who has read up to one of them has missed nothing before it. */
  readonly id: number;
  /** Null: it belongs to no project. */
  readonly projectId: number | null;
  readonly topic: FeedTopic;
  readonly data: object;
}

/** How a thing is now. */
export interface FeedSubject {
  readonly topic: FeedTopic;
  readonly subjectId: number;
  readonly projectId: number | null;
  /** What the API says of it. */
  readonly data: object;
  /** What of `data` is no news when it is all that differs. */
  readonly ignoredFields?: readonly string[];
  /** Nothing more is expected of it. */
  readonly ended: boolean;
  /** It may change without a sign in the tasks: it is looked at again at once. */
  readonly recheck: boolean;
}

export interface FeedFilter {
  readonly topics: readonly FeedTopic[];
  /** Null: all; what belongs to no project is let through by any list. */
  readonly projectIds: readonly number[] | null;
}

/** Between which ids the feed can be read. */
export interface FeedBounds {
  /** The id of the newest row; all up to it can be seen. */
  readonly newest: number;
  /** Rows up to this id may have been removed. */
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

/** How long rows are kept, at least; the last one of what has not ended stays. */
const RETENTION = sql`interval '1 day'`;
const DELETE_BATCH = 10_000;
const INSERT_BATCH = 1_000;
/** Looking takes one part in so many of the time, however much there is to look at. */
const SCAN_SHARE = 10;
/** Flags of subjects by topic: `feed_pending` says that the row that ends them is still to come. */
const TABLES = { run: 'runs', export: 'exports', incident: 'incidents' } as const satisfies Record<FeedTopic, string>;

/** The tables `feed` and `feed_state`. See docs/adr/0012-feed.md. */
export class FeedRepository {
  /**
   * Makes this transaction the one writer of the feed until it ends. False when another one is, or when it is not yet time to look
   * again.
   */
  async beginScan(tx: DatabaseTransaction): Promise<boolean> {
    const { rows } =
      await sql`select 1 from feed_state where next_scan_at <= clock_timestamp() for update skip locked`.execute(tx);
    return rows.length === 1;
  }

  /** Notes up to when was looked, and when to look again: after `everyMs`, or later when this look took long. */
  async endScan(tx: DatabaseTransaction, everyMs: number): Promise<void> {
    await sql`
      update feed_state set scanned_at = now(),
        next_scan_at = clock_timestamp() + greatest(${everyMs} * interval '1 millisecond', ${SCAN_SHARE - 1} * (clock_timestamp() - now()))`.execute(
      tx,
    );
  }

  /** Adds a row for each of these that differs from its latest row. Answers how many. Only within a round. */
  async append(tx: DatabaseTransaction, subjects: readonly FeedSubject[]): Promise<number> {
    const latest = await this.#latest(tx, subjects);
    const of = (subject: FeedSubject): LatestRow | undefined => latest.get(`${subject.topic} ${subject.subjectId}`);
    const news = subjects.filter((subject) => hasChanged(subject, of(subject)));
    await this.#updateRecheck(
      tx,
      subjects.filter((subject) => !news.includes(subject)),
      of,
    );
    const outdated = news.flatMap((subject) => of(subject)?.id ?? []);
    await sql`update feed set latest = false where id = any(${outdated}::bigint[])`.execute(tx);
    for (let from = 0; from < news.length; from += INSERT_BATCH) {
      const rows = news
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
    return news.length;
  }

  /** Removes rows that are old enough, the oldest first. Only within a round. */
  async deleteExpired(tx: DatabaseTransaction): Promise<void> {
    await sql`
      with gone as (
        delete from feed where id in (
          select id from feed where at < now() - ${RETENTION} and (not latest or ended) order by at limit ${DELETE_BATCH}
        ) returning id
      )
      update feed_state set deleted_up_to = greatest(deleted_up_to, (select max(id) from gone)) where exists (select 1 from gone)`.execute(
      tx,
    );
  }

  async readBounds(db: Executor): Promise<FeedBounds> {
    const { rows } = await sql<FeedBounds>`
      select greatest(deleted_up_to, (select max(id) from feed)) as newest, deleted_up_to as "deletedUpTo" from feed_state`.execute(
      db,
    );
    const bounds = rows[0];
    if (bounds === undefined) throw new Error('the row of feed_state is gone');
    return bounds;
  }

  /** In order, those after `afterId` and up to `upTo` that the filter lets through. */
  async rows(db: Executor, filter: FeedFilter, afterId: number, upTo: number, limit: number): Promise<FeedRow[]> {
    return this.#read(db, sql`true`, filter, afterId, upTo, limit);
  }

  /** The same, but only the latest row of each thing that has not ended. */
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
      projectIds === null ? sql`true` : sql`(project_id is null or project_id = any(${[...projectIds]}::bigint[]))`;
    const { rows } = await sql<FeedRow>`
      select id, project_id as "projectId", topic, data from feed
      where ${condition} and id > ${afterId} and id <= ${upTo} and topic = any(${[...topics]}::text[]) and ${ofProjects}
      order by id limit ${limit}`.execute(db);
    return rows;
  }

  async #latest(tx: DatabaseTransaction, subjects: readonly FeedSubject[]): Promise<Map<string, LatestRow>> {
    const { rows } = await sql<LatestRow>`
      select f.id, f.topic, f.subject_id as "subjectId", f.data, f.ended, f.recheck
      from unnest(${subjects.map(({ topic }) => topic)}::text[], ${subjects.map(({ subjectId }) => subjectId)}::bigint[]) as s (topic, subject_id)
      join feed f on f.topic = s.topic and f.subject_id = s.subject_id and f.latest`.execute(tx);
    return new Map(rows.map((row) => [`${row.topic} ${row.subjectId}`, row]));
  }

  /** What is as it was may still have begun or ceased to move. */
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

  /** What has ended need not be looked at any more; what began again must be. */
  async #updatePending(tx: DatabaseTransaction, subjects: readonly FeedSubject[]): Promise<void> {
    for (const [topic, table] of Object.entries(TABLES)) {
      for (const ended of [true, false]) {
        const ids = subjects
          .filter((subject) => subject.topic === topic && subject.ended === ended)
          .map(({ subjectId }) => subjectId);
        if (ids.length === 0) continue;
        await sql`update ${sql.table(table)} set feed_pending = ${!ended} where id = any(${ids}::bigint[]) and feed_pending = ${ended}`.execute(
          tx,
        );
      }
    }
  }
}

function hasChanged(subject: FeedSubject, latest: LatestRow | undefined): boolean {
  if (latest === undefined || latest.ended !== subject.ended) return true;
  const without = (data: object): object =>
    Object.fromEntries(Object.entries(data).filter(([key]) => subject.ignoredFields?.includes(key) !== true));
  // As JSON says it: an absent value and an undefined one are the same there.
  return !isDeepStrictEqual(without(latest.data), without(JSON.parse(JSON.stringify(subject.data)) as object));
}
