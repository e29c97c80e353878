export { Dispatcher, RING_SECONDS, type DispatcherOptions } from './dispatcher';
export { TaskWorker, type TaskWorkerOptions } from './task-worker';
export type {
  Delivery,
  Doorbell,
  DoorbellPublisher,
  DoorbellSource,
  RingResult,
  RingingStore,
  Subscription,
  TaskContext,
  TaskHandler,
  WorkStore,
} from './ports';
