import { ArrayNotEmpty, IsIn, IsInt, IsOptional, IsString, IsUrl, Matches, Max, Min } from 'class-validator';
import { FatalError } from '@pugmark/domain';
import { FolderListSetting, IntegerSetting, ServiceConfig } from '@pugmark/platform';

export class GatewayConfig extends ServiceConfig {
  /** Each garbage collection pauses all requests in flight for about 10 ms. */
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

  /** Prefix of every Redis key, for installations that share one Redis. */
  @IsString()
  readonly REDIS_KEY_PREFIX: string = '';

  /** Folder of uploads and of finished exports, shared with the other services. Required. */
  @IsString()
  readonly STORAGE_DIR!: string;

  /**
   * Folders, separated by `:`, below which images may be ingested. Required: nothing else on the server can be
   * ingested.
   */
  @FolderListSetting()
  @ArrayNotEmpty()
  @IsString({ each: true })
  readonly INGEST_ROOTS!: string[];

  /**
   * `keys`: each request needs a key. `open`: no request needs one, which is possible only while `HOST` is a loopback
   * address.
   */
  @IsIn(['keys', 'open'])
  readonly AUTH: 'keys' | 'open' = 'keys';

  /**
   * An API key, `pm_…`, with the scope `admin`; its hash is stored unless it already is. Without it the first start
   * creates a key and logs it.
   */
  @IsOptional()
  @Matches(/^pm_[0-9a-f]{8}_[A-Za-z0-9_-]{43}$/, {
    message: 'must be pm_, 8 hexadecimal digits, _ and 43 of A-Z a-z 0-9 _ -',
  })
  readonly ADMIN_KEY?: string;

  /** Maximum number of requests per minute and key; 0: unlimited. */
  @IntegerSetting()
  @IsInt()
  @Min(0)
  readonly REQUESTS_PER_MINUTE: number = 12_000;

  /**
   * Maximum number of wrong keys and sessions per minute and address, after which it gets 429; 0: unlimited. A right
   * key is accepted from any address.
   */
  @IntegerSetting()
  @IsInt()
  @Min(0)
  readonly REFUSED_KEYS_PER_MINUTE: number = 30;

  /** Maximum number of ingests that wait to be scanned; further ones are refused with 503 meanwhile. */
  @IntegerSetting()
  @IsInt()
  @Min(1)
  readonly MAX_WAITING_SCANS: number = 1_000;

  /** Maximum number of exports that wait to be made; further ones are refused with 503 meanwhile. */
  @IntegerSetting()
  @IsInt()
  @Min(1)
  readonly MAX_WAITING_EXPORTS: number = 1_000;

  /**
   * Maximum number of unfinished runs, those of ingests included; further ones by `POST /runs` are refused with 503
   * meanwhile.
   */
  @IntegerSetting()
  @IsInt()
  @Min(1)
  readonly MAX_OPEN_RUNS: number = 1_000;

  /** Maximum number of clients of the event stream. */
  @IntegerSetting()
  @IsInt()
  @Min(1)
  readonly MAX_EVENT_STREAMS: number = 1_000;

  /** Maximum number of clients of the event stream per key. */
  @IntegerSetting()
  @IsInt()
  @Min(1)
  readonly MAX_EVENT_STREAMS_PER_KEY: number = 50;

  /** How many trusted proxies stand in front of the gateway; their `X-Forwarded-*` headers are believed. */
  @IntegerSetting()
  @IsInt()
  @Min(0)
  @Max(10)
  readonly TRUSTED_PROXIES: number = 0;

  /** Maximum size of one uploaded file, in bytes. */
  @IntegerSetting()
  @IsInt()
  @Min(1)
  readonly UPLOAD_MAX_BYTES: number = 256 * 1024 * 1024;

  /** Maximum number of files in one upload. */
  @IntegerSetting()
  @IsInt()
  @Min(1)
  @Max(100_000)
  readonly UPLOAD_MAX_FILES: number = 5_000;

  /** Maximum bytes of one upload: as sent and, for a ZIP archive, as unpacked. */
  @IntegerSetting()
  @IsInt()
  @Min(1)
  readonly UPLOAD_MAX_TOTAL_BYTES: number = 20 * 1024 ** 3;

  /**
   * Maximum ratio of unpacked to packed size, of a ZIP archive and of each file in it; more is refused as a ZIP bomb.
   * Images hardly shrink.
   */
  @IntegerSetting()
  @IsInt()
  @Min(1)
  readonly UPLOAD_MAX_ZIP_RATIO: number = 100;

  /** Maximum number of pixels of an image that is uploaded or rendered; the same setting as the ingest service's. */
  @IntegerSetting()
  @IsInt()
  @Min(1)
  readonly PIXEL_LIMIT: number = 200_000_000;

  /**
   * Maximum bytes of cached thumbnails and previews; the least recently used are removed first and rendered again on
   * demand.
   */
  @IntegerSetting()
  @IsInt()
  @Min(0)
  readonly RENDITION_CACHE_BYTES: number = 5 * 1024 ** 3;

  /** Maximum time in milliseconds for one request, body included, to arrive: bounds uploads over slow lines. */
  @IntegerSetting()
  @IsInt()
  @Min(1_000)
  readonly REQUEST_TIMEOUT_MS: number = 3_600_000;

  /** Time in milliseconds after which an idle connection is closed. */
  @IntegerSetting()
  @IsInt()
  @Min(1_000)
  readonly IDLE_TIMEOUT_MS: number = 60_000;
}

/** Throws a FatalError when AUTH=open would be reachable from other machines. */
export function assertNotOpenToAll({ AUTH, HOST }: Pick<GatewayConfig, 'AUTH' | 'HOST'>): void {
  if (AUTH === 'open' && !/^(127(\.\d{1,3}){3}|::1|localhost)$/.test(HOST)) {
    throw new FatalError(
      'bad_settings',
      'bad settings:\n  AUTH: "open" is only possible where HOST is 127.0.0.1, ::1 or localhost; use "keys"',
    );
  }
}
