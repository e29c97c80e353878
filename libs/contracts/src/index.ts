export { TASK_KINDS, type TaskKind } from './task-kind';
export { TaskDoorbell } from './messages/task-doorbell';
export {
  PROBE_WIRE_NAME,
  ROUTES,
  TOPOLOGY,
  type ExchangeDeclaration,
  type QueueDeclaration,
  type Route,
  type ServiceName,
} from './topology';
