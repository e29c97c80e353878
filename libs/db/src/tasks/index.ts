export { createLeaseStore } from './lease-store';
export {
  TaskRepository,
  type NotifiedTask,
  type InvariantViolation,
  type Reconciled,
  type PublishableTask,
  type Standstill,
  type TaskProgress,
} from './task.repository';
