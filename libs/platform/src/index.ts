export { FolderListSetting, IntegerSetting, ServiceConfig, loadConfig } from './config';
export { HealthServer, type HealthCheck, type HealthChecks } from './health';
export { HANDLER_STALLED, runService, type RunningService, type ServiceContext } from './lifecycle';
export { createLogger, type Logger } from './logger';
export {
  Counter,
  Gauge,
  Histogram,
  Registry,
  createMetrics,
  createTaskMetrics,
  registerGauge,
  type TaskMetrics,
} from './metrics';
export { backoffMs, withJitter, type BackoffLimits } from './backoff';
export { backgroundLoop, sleep, type BackgroundLoop } from './background-loop';
export { ForkedChild, type ChildExit, type ForkedChildEvents, type ForkedChildOptions } from './forked-child';
