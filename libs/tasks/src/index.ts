export { Dispatcher, NOTIFICATION_TIMEOUT_SECONDS, type DispatcherOptions } from './dispatcher';
export { ServiceWorkers, type WorkersOf } from './service-workers';
export { TaskWorker, type TaskWorkerOptions } from './task-worker';
export type {
  Delivery,
  Notification,
  NotificationPublisher,
  NotificationSource,
  LeaseStore,
  PublishResult,
  DispatchStore,
  RunReconciler,
  Subscription,
  TaskContext,
  TaskHandler,
  WorkStore,
} from './ports';
