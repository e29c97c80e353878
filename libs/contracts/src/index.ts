export { TASK_KINDS, type TaskKind } from './task-kind';
export { TaskNotification } from './messages/task-notification';
export { PROBE_ANSWER_WIRE_NAME, PROBE_WIRE_NAME, ProbeAnswer } from './messages/probe';
export {
  MAX_MESSAGE_BYTES,
  ROUTES,
  TOPOLOGY,
  kindsOf,
  type ExchangeDeclaration,
  type KindsOf,
  type QueueDeclaration,
  type Route,
  type ServiceName,
} from './topology';
