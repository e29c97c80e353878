import type { RecentlyFinished, RunOverview, RunSummary } from '@pugmark/db';
import { CATEGORIES, TASK_STATES, type Category } from '@pugmark/domain';
import {
  Description,
  AnyNumber,
  Count,
  Fraction,
  Id,
  Integer,
  ListOf,
  Nested,
  OneOf,
  Optional,
  OrNull,
  Time,
  AnyText,
} from '../../http/dto/fields';
import { ImageFilterBody } from '../images/images.dto';
import { ClassifyBody } from '../models/models.dto';
import { progressResponse } from '../system/processing.dto';

export class CreateRunBody {
  @Id()
  readonly projectId!: number;

  @Description('Only the images of this deployment.')
  @Optional()
  @Id()
  readonly deploymentId?: number | null;

  @Description('Only the images that match these filters.')
  @Optional()
  @Nested(ImageFilterBody)
  readonly filter?: ImageFilterBody | null;

  @Description("The detector; absent or null: the project's, else the default one.")
  @Optional()
  @Id()
  readonly modelId?: number | null;

  @Description("The classifier of detections; absent: the project's; null: none.")
  @Optional()
  @Nested(ClassifyBody)
  readonly classify?: ClassifyBody | null;

  @Description('Higher values run first.')
  @Integer(-100, 100)
  readonly priority: number = 0;
}

export class UpdateRunBody {
  @Description(
    'Higher values run first. Published work keeps its place; the waiting work of a large run gets the new priority within seconds.',
  )
  @Integer(-100, 100)
  readonly priority!: number;
}

const STATES = ['active', 'paused', 'done', 'cancelled'] as const;

export type RunState = (typeof STATES)[number];

class ModelNameResponse {
  @AnyText()
  readonly name!: string;

  @AnyText()
  readonly version!: string;
}

class ClassifierResponse extends ModelNameResponse {
  @OneOf(CATEGORIES)
  readonly category!: Category;

  @Fraction()
  readonly threshold!: number;
}

/** Images of a run by the state of their tasks. */
class RunCountsResponse {
  @Count()
  readonly total!: number;

  @Count()
  readonly waiting!: number;

  @Count()
  readonly queued!: number;

  @Count()
  readonly running!: number;

  @Count()
  readonly done!: number;

  @Count()
  readonly failed!: number;

  @Count()
  readonly cancelled!: number;
}

export class RunListItem {
  @Id()
  readonly id!: number;

  @Id()
  readonly projectId!: number;

  @Nested(ModelNameResponse)
  readonly model!: ModelNameResponse;

  @OrNull()
  @Nested(ClassifierResponse)
  readonly classify!: ClassifierResponse | null;

  @Integer(-100, 100)
  readonly priority!: number;

  @OneOf(STATES)
  readonly state!: RunState;

  @Nested(RunCountsResponse)
  readonly counts!: RunCountsResponse;

  @Time()
  readonly createdAt!: string;
}

/** Progress of a run. */
export class RunProgress extends RunListItem {
  @AnyNumber()
  readonly ratePerMinute!: number;

  @Description('Null when there is no progress, or the run is paused.')
  @OrNull()
  @Count()
  readonly etaSeconds!: number | null;
}

/** Results, in images. */
class RunSummaryResponse {
  @Count()
  readonly images!: number;

  @Count()
  readonly blanks!: number;

  @Count()
  readonly animals!: number;

  @Count()
  readonly people!: number;

  @Count()
  readonly vehicles!: number;

  @Count()
  readonly failed!: number;

  @Description('Processed, but with a warning: the file is truncated.')
  @Count()
  readonly truncated!: number;
}

export class RunResponse extends RunProgress {
  @Nested(RunSummaryResponse)
  readonly summary!: RunSummaryResponse;

  @ListOf({ type: 'string' })
  readonly engines!: readonly string[];
}

/** `done` when its ingest has ended and all of its tasks have ended; before that `paused` or `active`. */
export function runState(run: RunOverview): RunState {
  if (run.cancelledAt !== null) return 'cancelled';
  const open = run.counts.waiting + run.counts.queued + run.counts.running;
  if (!run.growing && open === 0) return 'done';
  return run.pausedAt === null ? 'active' : 'paused';
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

export function runProgress(run: RunOverview, recent: RecentlyFinished): RunProgress {
  return { ...runListItem(run), ...progressResponse(recent, remainingOf(run)) };
}

/** Unfinished tasks of a run; null while it is paused. */
export function remainingOf(run: RunOverview): number | null {
  return runState(run) === 'paused' ? null : run.counts.waiting + run.counts.queued + run.counts.running;
}

export function runResponse(run: RunOverview, recent: RecentlyFinished, summary: RunSummary): RunResponse {
  const { engines, ...figures } = summary;
  return { ...runProgress(run, recent), summary: figures, engines };
}
