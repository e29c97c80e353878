export type { ObservationFilter } from './observation-filter';
export { refreshDeployment } from './refresh-observations';
