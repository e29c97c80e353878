import { ArrayNotEmpty, IsIn, IsInt, IsOptional, IsString, IsUrl, Matches, Max, Min } from 'class-validator';
import { FatalError } from '@pugmark/domain';
import { FolderListSetting, IntegerSetting, ServiceConfig } from '@pugmark/platform';

export class GatewayConfig extends ServiceConfig {
  /** Each collection is a pause of about 10 ms for all requests that are under way. */
  override readonly HEAP_GROWTH_PERCENT: number = 400;

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

  /** `keys`: each request needs a key. `open`: none does, which is only possible while `HOST` is this machine's own address. */
  @IsIn(['keys', 'open'])
  readonly AUTH: 'keys' | 'open' = 'keys';

  /** A key, `pm_…`, that may do everything; stored (as a hash) if it is not yet. Without it the first start makes one and shows it in the log. */
  @IsOptional()
  @Matches(/^pm_[0-9a-f]{8}_[A-Za-z0-9_-]{43}$/, {
    message: 'must be pm_, 8 hexadecimal digits, _ and 43 of A-Z a-z 0-9 _ -',
  })
  readonly ADMIN_KEY?: string;

  /** Most requests a minute with one key; 0: any number. */
  @IntegerSetting()
  @IsInt()
  @Min(0)
  readonly REQUESTS_PER_MINUTE: number = 12_000;

  /** Most ingests that may wait to be read; more are refused with 503 until it is fewer. */
  @IntegerSetting()
  @IsInt()
  @Min(1)
  readonly MAX_WAITING_SCANS: number = 1_000;

  /** Most exports that may wait to be made; more are refused with 503 until it is fewer. */
  @IntegerSetting()
  @IsInt()
  @Min(1)
  readonly MAX_WAITING_EXPORTS: number = 1_000;

  /** Most runs that may be under way, those of ingests included; more by `POST /runs` are refused with 503 until it is fewer. */
  @IntegerSetting()
  @IsInt()
  @Min(1)
  readonly MAX_OPEN_RUNS: number = 1_000;

  /** Most clients that may listen to events at once. */
  @IntegerSetting()
  @IsInt()
  @Min(1)
  readonly MAX_EVENT_STREAMS: number = 1_000;

  /** Most clients that may listen to events at once with one key. */
  @IntegerSetting()
  @IsInt()
  @Min(1)
  readonly MAX_EVENT_STREAMS_PER_KEY: number = 50;

  /** How many proxies of one's own stand before the gateway; what they say of a client's address and of TLS is believed. */
  @IntegerSetting()
  @IsInt()
  @Min(0)
  @Max(10)
  readonly TRUSTED_PROXIES: number = 0;

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

  /** Most bytes of one upload: as it is sent and, of a ZIP archive, as it is unpacked. */
  @IntegerSetting()
  @IsInt()
  @Min(1)
  readonly UPLOAD_MAX_TOTAL_BYTES: number = 20 * 1024 ** 3;

  /** A ZIP archive, or a file in one, that unpacks to more than so many times its size is refused: it is a bomb. Pictures hardly shrink. */
  @IntegerSetting()
  @IsInt()
  @Min(1)
  readonly UPLOAD_MAX_ZIP_RATIO: number = 100;

  /** Largest picture that is uploaded, or rendered for looking at, in pixels; that of the ingest service. */
  @IntegerSetting()
  @IsInt()
  @Min(1)
  readonly PIXEL_LIMIT: number = 200_000_000;

  /** Most bytes of thumbnails and previews that are kept; those not looked at for longest go first, and are made again when asked for. */
  @IntegerSetting()
  @IsInt()
  @Min(0)
  readonly RENDITION_CACHE_BYTES: number = 5 * 1024 ** 3;

  /** Static boxes are looked for once a deployment has had no new results for so many seconds; in a long run every ten minutes. */
  @IntegerSetting()
  @IsInt()
  @Min(0)
  @Max(600)
  readonly STATIC_BOXES_QUIET_SECONDS: number = 60;

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

/** Throws the FatalError of bad settings when anyone could reach what asks for no key. */
export function assertNotOpenToAll({ AUTH, HOST }: Pick<GatewayConfig, 'AUTH' | 'HOST'>): void {
  if (AUTH === 'open' && !/^(127(\.\d{1,3}){3}|::1|localhost)$/.test(HOST)) {
    throw new FatalError(
      'bad_settings',
      'bad settings:\n  AUTH: "open" is only possible where HOST is 127.0.0.1, ::1 or localhost; use "keys"',
    );
  }
}
