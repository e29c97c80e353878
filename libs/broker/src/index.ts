export { Broker, type BrokerOptions, type BrokerStatus } from './broker';
