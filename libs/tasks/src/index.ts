export { Dispatcher, RING_SECONDS, type DispatcherOptions } from './dispatcher';
export { ServiceWorkers, type WorkersOf } from './service-workers';
export { TaskWorker, type TaskWorkerOptions } from './task-worker';
export type {
  Delivery,
  Doorbell,
  DoorbellPublisher,
  DoorbellSource,
  LeaseStore,
  RingResult,
  RingingStore,
  RunSweeper,
  Subscription,
  TaskContext,
  TaskHandler,
  WorkStore,
} from './ports';
