import { IsInt, Min } from 'class-validator';
import { IntegerSetting, ServiceConfig } from '@pugmark/platform';

export class WatchdogConfig extends ServiceConfig {
  override readonly DATABASE_POOL_SIZE: number = 2;

  /** Milliseconds between two looks at the invariant. */
  @IntegerSetting()
  @IsInt()
  @Min(100)
  readonly CHECK_INTERVAL_MS: number = 10_000;

  /** Seconds that repair may take before a broken invariant counts as a violation. */
  @IntegerSetting()
  @IsInt()
  @Min(1)
  readonly INVARIANT_GRACE_SECONDS: number = 30;
}
