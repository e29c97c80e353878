export { NoCache, RedisCache, type Cache, type CacheState, type RedisCacheOptions, type RateLimiters } from './cache';
export { exportJobKey, type ExportJob } from './export-job';
export type { RateLimit, RateLimiter } from './rate-limiter';
