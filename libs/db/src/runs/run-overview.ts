import { sql, type RawBuilder } from 'kysely';
import { TASK_STATES, type Category, type TaskState } from '@pugmark/domain';
import type { Executor } from '../connection/database';
import { PREPARED } from '../connection/prepared-statements';
import { visibleStateOf, type TaskCounts } from './run-progress';

export interface RunOverview {
  readonly id: number;
  readonly projectId: number;
  readonly modelName: string;
  readonly modelVersion: string;
  readonly classify: {
    readonly name: string;
    readonly version: string;
    readonly category: Category;
    readonly threshold: number;
  } | null;
  readonly priority: number;
  readonly cancelledAt: Date | null;
  readonly pausedAt: Date | null;
  readonly createdAt: Date;
  /** More tasks may follow: an ingest of the run has not ended its scan, or failed tasks are still to be retried. */
  readonly growing: boolean;
  readonly counts: TaskCounts;
}

/** Lists runs of the project after `afterId`, in order of id. */
export async function listRuns(
  db: Executor,
  projectId: number,
  afterId: number,
  limit: number,
): Promise<RunOverview[]> {
  return readOverviews(db, sql`r.project_id = ${projectId} and r.id > ${afterId}`, limit);
}

export async function findRun(db: Executor, id: number): Promise<RunOverview | null> {
  return (await readOverviews(db, sql`r.id = ${id}`, 1))[0] ?? null;
}

/** Finds those of these runs that exist, in order of id. */
export async function findRuns(db: Executor, ids: readonly number[]): Promise<RunOverview[]> {
  return readOverviews(db, sql`r.id = any(${[...ids]}::bigint[])`, ids.length);
}

/** Whether tasks may still be added to run `r`: by an ingest, or by a retry. */
export const IS_GROWING: RawBuilder<boolean> = sql<boolean>`(r.retry_requested_at is not null or exists (
  select 1 from ingests i join tasks t on t.kind = 'scan' and t.subject_id = i.id
  where i.run_id = r.id and t.state in ('waiting', 'queued', 'running')
))`;

/**
 * One statement, so that `growing` and the counts are of one instant: otherwise a scan could end and add its last
 * images in between, and the run would seem done.
 */
async function readOverviews(db: Executor, condition: ReturnType<typeof sql>, limit: number): Promise<RunOverview[]> {
  const { rows } = await sql<Omit<RunOverview, 'counts'> & { counts: Partial<Record<TaskState, number>> }>`
    ${PREPARED}
    select r.id, r.project_id as "projectId", m.name as "modelName", m.version as "modelVersion", r.priority,
      case when c.id is not null then jsonb_build_object('name', c.name, 'version', c.version, 'category',
        r.classify_category, 'threshold', r.classify_threshold) end as classify,
      r.cancelled_at as "cancelledAt", r.paused_at as "pausedAt", r.created_at as "createdAt",
      ${IS_GROWING} as growing,
      (select coalesce(jsonb_object_agg(c.state, c.count), '{}')
        from (select ${visibleStateOf('r')} as state, sum(t.count) as count from task_counts t where t.run_id = r.id
          group by 1 having sum(t.count) <> 0) c) as counts
    from runs r join models m on m.id = r.model_id left join models c on c.id = r.classifier_id
    where ${condition} order by r.id limit ${limit}`.execute(db);
  return rows.map((row) => ({
    ...row,
    counts: Object.fromEntries(TASK_STATES.map((state) => [state, row.counts[state] ?? 0])) as Record<
      TaskState,
      number
    >,
  }));
}
