import { IsInt, Min } from 'class-validator';
import { IntegerSetting, ServiceConfig } from '@pugmark/platform';

export class WatchdogConfig extends ServiceConfig {
  override readonly DATABASE_POOL_SIZE: number = 2;

  /** Interval at which each check is repeated, in milliseconds. */
  @IntegerSetting()
  @IsInt()
  @Min(100)
  readonly CHECK_INTERVAL_MS: number = 10_000;

  /** Time that repair may take before an inconsistent task counts as a violation, in seconds. */
  @IntegerSetting()
  @IsInt()
  @Min(1)
  readonly INVARIANT_GRACE_SECONDS: number = 30;
}
