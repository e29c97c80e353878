export { runPugmarkService } from './run-pugmark-service';
export { SINGLE_TASKS, type Batching, type DrainPhase, type HandlersOf, type ServiceRuntime } from './service-runtime';
