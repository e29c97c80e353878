export { NoCache, RedisCache, type Cache, type CacheState, type RedisCacheOptions } from './cache';
export { exportJobKey, type ExportJob } from './export-job';
