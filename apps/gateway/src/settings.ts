export interface GatewaySettings {
  readonly ingestRoots: readonly string[];
  readonly uploadMaxBytes: number;
  readonly uploadMaxFiles: number;
  /** Of one upload, as sent and as unpacked. */
  readonly uploadMaxTotalBytes: number;
  /** What a ZIP archive unpacks to, as a multiple of its size. */
  readonly uploadMaxZipRatio: number;
  /** Largest picture that is taken or rendered. */
  readonly pixelLimit: number;
  /** `open`: no keys are asked for. */
  readonly auth: 'keys' | 'open';
  /** Of one caller; 0: any number. */
  readonly requestsPerMinute: number;
  /** How many proxies of one's own stand before this server; what they say of a client's address is believed. */
  readonly trustedProxies: number;
  /** As many of each may wait; more are not taken on. */
  readonly maxWaitingScans: number;
  readonly maxWaitingExports: number;
  readonly maxOpenRuns: number;
}
