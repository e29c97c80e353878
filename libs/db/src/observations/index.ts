export type { ObservationFilter } from './observation-filter';
