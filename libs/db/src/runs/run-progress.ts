import { sql, type RawBuilder } from 'kysely';
import type { TaskKind } from '@pugmark/contracts';
import { TASK_STATES, type TaskState } from '@pugmark/domain';
import type { Executor } from '../connection/database';

export type TaskCounts = Readonly<Record<TaskState, number>>;

/** Results of a run, in images. An image with an animal and a person counts as both. */
export interface RunSummary {
  readonly images: number;
  readonly blanks: number;
  readonly animals: number;
  readonly people: number;
  readonly vehicles: number;
  readonly failed: number;
  /** Processed with a warning: the file is truncated. */
  readonly truncated: number;
  readonly engines: readonly string[];
}

/** Window over which a rate is measured. */
const RATE_WINDOW_SECONDS = 60;

/**
 * The state of a task `t` as shown to people: open tasks of a cancelled run are cancelled, even before their rows are
 * updated. `run` is the alias of the joined table `runs`.
 */
export function visibleStateOf(run: string): RawBuilder<TaskState> {
  return sql<TaskState>`case when ${sql.ref(`${run}.cancelled_at`)} is not null
    and t.state in ('waiting', 'queued', 'running') then 'cancelled' else t.state end`;
}

/** Counts the tasks of a kind, or of one run, by state. */
export async function countTasks(db: Executor, of: { kind: TaskKind } | { runId: number }): Promise<TaskCounts> {
  const { rows } = await sql<{ state: TaskState; count: number }>`
    select ${visibleStateOf('r')} as state, sum(t.count)::int as count
    from task_counts t left join runs r on r.id = t.run_id
    where ${'runId' in of ? sql`t.run_id = ${of.runId}` : sql`t.kind = ${of.kind}`} group by 1`.execute(db);
  const byState = new Map(rows.map((row) => [row.state, row.count]));
  return Object.fromEntries(TASK_STATES.map((state) => [state, byState.get(state) ?? 0])) as Record<TaskState, number>;
}

/** Counts the open tasks of a kind that do not belong to a paused run; null if all open ones do. */
export async function countUnpausedTasks(db: Executor, kind: TaskKind): Promise<number | null> {
  const { rows } = await sql<{ open: number; moving: number }>`
    select coalesce(sum(t.count), 0)::int as open, coalesce(sum(t.count) filter (where r.paused_at is null), 0)::int
      as moving
    from task_counts t left join runs r on r.id = t.run_id
    where t.kind = ${kind} and t.state in ('waiting', 'queued', 'running') and r.cancelled_at is null`.execute(db);
  const { open = 0, moving = 0 } = rows[0] ?? {};
  return open > 0 && moving === 0 ? null : moving;
}

export interface RecentlyFinished {
  readonly finished: number;
  readonly seconds: number;
}

/**
 * Counts the images finished within the last minute, and the seconds that they took: the window starts with the first
 * of them, so that the rate of a new run is not diluted by the time before it.
 */
export async function countRecentlyFinished(db: Executor, runId: number | null): Promise<RecentlyFinished> {
  const query = selectFinished(db);
  return (runId === null ? query : query.where('run_id', '=', runId)).executeTakeFirstOrThrow();
}

/** The same for each run that finished any, by run id. */
export async function countRecentlyFinishedByRun(db: Executor): Promise<ReadonlyMap<number, RecentlyFinished>> {
  const rows = await selectFinished(db).select('run_id').where('run_id', 'is not', null).groupBy('run_id').execute();
  return new Map(rows.map(({ run_id, ...recent }) => [run_id!, recent]));
}

function selectFinished(db: Executor) {
  return db
    .selectFrom('tasks')
    .select([
      sql<number>`count(*)::int`.as('finished'),
      sql<number>`coalesce(extract(epoch from now() - min(coalesce(started_at, finished_at))), 0)::float8`.as(
        'seconds',
      ),
    ])
    .where('kind', '=', 'detect')
    .where('state', 'in', ['done', 'failed'])
    .where('finished_at', '>', sql<Date>`now() - ${RATE_WINDOW_SECONDS} * interval '1 second'`);
}

export async function summariseRun(db: Executor, runId: number): Promise<RunSummary> {
  const { rows } = await sql<RunSummary>`
    select
      (select coalesce(sum(count), 0)::int from task_counts where run_id = ${runId} and kind = 'detect') as images,
      coalesce(sum(blanks), 0)::int as blanks, coalesce(sum(animals), 0)::int as animals, coalesce(sum(people), 0)::int
        as people,
      coalesce(sum(vehicles), 0)::int as vehicles,
      (select coalesce(sum(count), 0)::int from task_counts
        where run_id = ${runId} and kind = 'detect' and state = 'failed') as failed,
      coalesce(sum(truncated), 0)::int as truncated,
        coalesce(array_agg(distinct engine) filter (where engine is not null), '{}') as engines
    from run_counts where run_id = ${runId}`.execute(db);
  const summary = rows[0];
  if (summary === undefined) throw new Error('the aggregate returned no row');
  return summary;
}

/** Finds the state of the latest task of a subject, and its error. */
export async function findTaskOf(
  db: Executor,
  kind: TaskKind,
  subjectId: number,
): Promise<{ state: TaskState; errorCode: string | null; errorMessage: string | null } | null> {
  const row = await db
    .selectFrom('tasks')
    .select(['state', 'error_code as errorCode', 'error_message as errorMessage'])
    .where('kind', '=', kind)
    .where('subject_id', '=', subjectId)
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row ?? null;
}
