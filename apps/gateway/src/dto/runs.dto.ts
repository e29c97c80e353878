import { IsInt, Max, Min } from 'class-validator';
import type { RunOverview, RunSummary, TaskCounts } from '@pugmark/db';
import { TASK_STATES } from '@pugmark/domain';
import { Id, Nested, Optional, QueryBoolean, QueryFraction, QueryId } from './decorators';
import { ClassifyBody } from './models.dto';
import { PageQuery } from './paging';

export class CreateRunBody {
  @Id()
  readonly projectId!: number;

  /** Only the images of this deployment. */
  @Optional()
  @Id()
  readonly deploymentId?: number | null;

  /** The detector; absent or null: the project's, else the default one. */
  @Optional()
  @Id()
  readonly modelId?: number | null;

  /** The classifier of what is found; absent: the project's; null: none. */
  @Optional()
  @Nested(ClassifyBody)
  readonly classify?: ClassifyBody | null;

  /** Higher goes first. */
  @IsInt()
  @Min(-100)
  @Max(100)
  readonly priority: number = 0;
}

/** `?a=&b=`: two runs over the same images. */
export class CompareRunsQuery extends PageQuery {
  @QueryId()
  readonly a!: number;

  @QueryId()
  readonly b!: number;

  /** Default: the threshold of each run's model. */
  @Optional()
  @QueryFraction()
  readonly minConfidence?: number;

  /** Lists only the images in which the runs differ. */
  @QueryBoolean()
  readonly onlyDifferent: boolean = false;
}

export type RunState = 'active' | 'done' | 'cancelled';

export interface RunListItem {
  readonly id: number;
  readonly projectId: number;
  readonly model: { readonly name: string; readonly version: string };
  readonly classify: RunOverview['classify'];
  readonly priority: number;
  readonly state: RunState;
  readonly counts: { readonly total: number } & TaskCounts;
  readonly createdAt: string;
}

export interface RunResponse extends RunListItem {
  readonly summary: Omit<RunSummary, 'engines'>;
  readonly engines: readonly string[];
  readonly ratePerMinute: number;
  /** Null when nothing moves: no one can say. */
  readonly etaSeconds: number | null;
}

/** `active` while its ingest may still add to it or any of its tasks has not ended. */
export function runState(run: RunOverview): RunState {
  if (run.cancelledAt !== null) return 'cancelled';
  const open = run.counts.waiting + run.counts.queued + run.counts.running;
  return run.growing || open > 0 ? 'active' : 'done';
}

export function runListItem(run: RunOverview): RunListItem {
  return {
    id: run.id,
    projectId: run.projectId,
    model: { name: run.modelName, version: run.modelVersion },
    classify: run.classify,
    priority: run.priority,
    state: runState(run),
    counts: { total: TASK_STATES.reduce((sum, state) => sum + run.counts[state], 0), ...run.counts },
    createdAt: run.createdAt.toISOString(),
  };
}

export function runResponse(run: RunOverview, summary: RunSummary, progress: { ratePerMinute: number; etaSeconds: number | null }): RunResponse {
  const { engines, ...figures } = summary;
  return { ...runListItem(run), summary: figures, engines, ...progress };
}
