import { IsInt, Min } from 'class-validator';
import { IntegerSetting, ServiceConfig } from '@pugmark/platform';

/** Settings of the worker of the task bench. */
export class RigWorkerConfig extends ServiceConfig {
  /** Tasks that are claimed, done and committed together. */
  @IntegerSetting()
  @IsInt()
  @Min(1)
  readonly RIG_BATCH: number = 64;
}
