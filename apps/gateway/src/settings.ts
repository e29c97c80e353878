import type { GatewayConfig } from './config';

export interface GatewaySettings {
  readonly ingestRoots: readonly string[];
  readonly uploadMaxBytes: number;
  readonly uploadMaxFiles: number;
  /** Of one upload, as sent and as unpacked. */
  readonly uploadMaxTotalBytes: number;
  /** Maximum unpacked size of a ZIP archive, as a multiple of its size. */
  readonly uploadMaxZipRatio: number;
  /** Of an uploaded or rendered image. */
  readonly pixelLimit: number;
  /** `open`: no keys are required. */
  readonly auth: 'keys' | 'open';
  /** Per caller; 0: unlimited. */
  readonly requestsPerMinute: number;
  /** Wrong keys and sessions per address; 0: unlimited. */
  readonly refusedKeysPerMinute: number;
  /** Number of trusted proxies in front of the gateway; their `X-Forwarded-*` headers are believed. */
  readonly trustedProxies: number;
  /** Maximum numbers of waiting scans and exports, and of unfinished runs. */
  readonly maxWaitingScans: number;
  readonly maxWaitingExports: number;
  readonly maxOpenRuns: number;
  /** Maximum number of requests with long statements that run at a time. */
  readonly maxHeavyRequests: number;
}

/** The settings of the API in the configuration. */
export function settingsOf(config: GatewayConfig): GatewaySettings {
  return {
    ingestRoots: config.INGEST_ROOTS,
    uploadMaxBytes: config.UPLOAD_MAX_BYTES,
    uploadMaxFiles: config.UPLOAD_MAX_FILES,
    uploadMaxTotalBytes: config.UPLOAD_MAX_TOTAL_BYTES,
    uploadMaxZipRatio: config.UPLOAD_MAX_ZIP_RATIO,
    pixelLimit: config.PIXEL_LIMIT,
    auth: config.AUTH,
    requestsPerMinute: config.REQUESTS_PER_MINUTE,
    refusedKeysPerMinute: config.REFUSED_KEYS_PER_MINUTE,
    trustedProxies: config.TRUSTED_PROXIES,
    maxWaitingScans: config.MAX_WAITING_SCANS,
    maxWaitingExports: config.MAX_WAITING_EXPORTS,
    maxOpenRuns: config.MAX_OPEN_RUNS,
    maxHeavyRequests: Math.floor(config.DATABASE_POOL_SIZE / 2),
  };
}
