import { ArrayNotEmpty, IsInt, IsOptional, IsString, IsUrl, Max, Min } from 'class-validator';
import { FolderListSetting, IntegerSetting, ServiceConfig } from '@pugmark/platform';

export class GatewayConfig extends ServiceConfig {
  /** Port of the REST API, on `HOST`. */
  @IntegerSetting()
  @IsInt()
  @Min(0)
  @Max(65_535)
  readonly PORT: number = 8080;

  /** Redis, a cache: `redis://user:password@host:6379/0`. Without it only the live progress of exports is coarser. */
  @IsOptional()
  @IsUrl({ require_tld: false, require_protocol: true, require_valid_protocol: true, protocols: ['redis', 'rediss'] })
  readonly REDIS_URL?: string;

  /** Put before every key in Redis, when several installations share one. */
  @IsString()
  readonly REDIS_KEY_PREFIX: string = '';

  /** Folder of uploads and of finished exports; the same one as the other services'. Required. */
  @IsString()
  readonly STORAGE_DIR!: string;

  /** Folders, separated by `:`, below which pictures may be ingested. Required: nothing else on the server can be asked for. */
  @FolderListSetting()
  @ArrayNotEmpty()
  @IsString({ each: true })
  readonly INGEST_ROOTS!: string[];

  /** Largest single file of an upload, in bytes. */
  @IntegerSetting()
  @IsInt()
  @Min(1)
  readonly UPLOAD_MAX_BYTES: number = 256 * 1024 * 1024;

  /** Most files in one upload. */
  @IntegerSetting()
  @IsInt()
  @Min(1)
  @Max(100_000)
  readonly UPLOAD_MAX_FILES: number = 5_000;

  /** Largest picture that is rendered for looking at, in pixels; that of the ingest service. */
  @IntegerSetting()
  @IsInt()
  @Min(1)
  readonly PIXEL_LIMIT: number = 200_000_000;

  /** Most bytes of thumbnails and previews that are kept; those not looked at for longest go first, and are made again when asked for. */
  @IntegerSetting()
  @IsInt()
  @Min(0)
  readonly RENDITION_CACHE_BYTES: number = 5 * 1024 ** 3;

  /** Longest that one request, its body included, may take to arrive, in milliseconds: bounds uploads over slow lines. */
  @IntegerSetting()
  @IsInt()
  @Min(1_000)
  readonly REQUEST_TIMEOUT_MS: number = 3_600_000;

  /** A connection on which nothing moves for this long is closed, in milliseconds. */
  @IntegerSetting()
  @IsInt()
  @Min(1_000)
  readonly IDLE_TIMEOUT_MS: number = 60_000;
}
