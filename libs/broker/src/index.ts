export { Broker, type BrokerOptions, type BrokerStatus } from './broker';
export type { RouteState, RouteStatus } from './prober';
