export { createLeaseStore } from './lease-store';
export {
  TaskRepository,
  type NotifiedTask,
  type InvariantViolation,
  type Reconciled,
  type PublishableTask,
} from './task.repository';
