export { Broker, type BrokerOptions, type BrokerStatus } from './broker';
export {
  DeadLetters,
  type DeadLetter,
  type DeadLetterDetails,
  type DeadLetterList,
  type DeadLetterOutcome,
  type Selection,
} from './dead-letters';
export type { RouteState, RouteStatus } from './prober';
export { TopologyAdmin } from './topology/topology-admin';
export type { Repair } from './topology/repair-topology';
