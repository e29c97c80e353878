import { IsInt, Min } from 'class-validator';
import { IntegerSetting, ServiceConfig } from '@pugmark/platform';

/** Settings of the worker of the task bench and of the fault tests. */
export class RigWorkerConfig extends ServiceConfig {
  /** Tasks that are claimed, done and committed together. */
  @IntegerSetting()
  @IsInt()
  @Min(1)
  readonly RIG_BATCH: number = 64;

  /** Batches in flight. */
  @IntegerSetting()
  @IsInt()
  @Min(1)
  readonly RIG_CONCURRENCY: number = 2;

  /** Milliseconds that a batch takes, in place of inference. */
  @IntegerSetting()
  @IsInt()
  @Min(0)
  readonly RIG_WORK_MS: number = 0;

  /** 1: writes every result as a row of `rig_effects`, which has no unique key, so that work done twice shows. */
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
