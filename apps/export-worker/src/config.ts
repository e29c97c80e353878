import { IsInt, IsOptional, IsString, IsUrl, Max, Min } from 'class-validator';
import { IntegerSetting, ServiceConfig } from '@pugmark/platform';

export class ExportWorkerConfig extends ServiceConfig {
  // Counting and sorting a million detections may take longer than any API request.
  override readonly DATABASE_STATEMENT_TIMEOUT_MS: number = 300_000;

  /** Folder of finished exports; the same as the gateway's. Required. */
  @IsString()
  readonly STORAGE_DIR!: string;

  /**
   * Redis, used as a cache: `redis://user:password@host:6379/0`. Without it the progress of exports is shown in coarser
   * steps.
   */
  @IsOptional()
  @IsUrl({ require_tld: false, require_protocol: true, require_valid_protocol: true, protocols: ['redis', 'rediss'] })
  readonly REDIS_URL?: string;

  /** Prefix of every key in Redis, for installations that share one; the same as the gateway's. */
  @IsString()
  readonly REDIS_KEY_PREFIX: string = '';

  /** Minimum time that a finished file can be downloaded, in seconds. Default: a week. */
  @IntegerSetting()
  @IsInt()
  @Min(1)
  @Max(10 * 365 * 86_400)
  readonly EXPORT_KEEP_SECONDS: number = 7 * 86_400;

  /** Rows read and written at a time. */
  @IntegerSetting()
  @IsInt()
  @Min(1)
  @Max(50_000)
  readonly EXPORT_PAGE_ROWS: number = 2_000;

  /** Maximum concurrent exports. */
  @IntegerSetting()
  @IsInt()
  @Min(1)
  @Max(16)
  readonly EXPORT_CONCURRENCY: number = 2;

  /** Interval between two removals of expired files, in milliseconds. */
  @IntegerSetting()
  @IsInt()
  @Min(100)
  readonly EXPORT_CLEANUP_INTERVAL_MS: number = 60_000;
}
