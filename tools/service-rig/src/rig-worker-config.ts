import { IsInt, Min } from 'class-validator';
import { IntegerSetting, ServiceConfig } from '@pugmark/platform';

/** What the worker of the task bench and of the fault tests is told. */
export class RigWorkerConfig extends ServiceConfig {
  /** Tasks claimed, done and committed together. */
  @IntegerSetting()
  @IsInt()
  @Min(1)
  readonly RIG_BATCH: number = 64;

  /** Batches under way at a time. */
  @IntegerSetting()
  @IsInt()
  @Min(1)
  readonly RIG_CONCURRENCY: number = 2;

  /** Milliseconds that a batch takes, as inference would. */
  @IntegerSetting()
  @IsInt()
  @Min(0)
  readonly RIG_WORK_MS: number = 0;

  /** 1: every result is a row of `rig_effects`, which has no unique key, so that work done twice shows. */
  @IntegerSetting()
  @IsInt()
  @Min(0)
  readonly RIG_EFFECTS: number = 0;

  /** Milliseconds for which SIGUSR2 blocks the event loop. */
  @IntegerSetting()
  @IsInt()
  @Min(1)
  readonly RIG_BLOCK_MS: number = 25_000;
}
