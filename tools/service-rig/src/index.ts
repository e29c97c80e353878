export { type MetricSample, parseMetrics, sumOf } from './metrics-text';
export { RigProcess } from './rig-process';
export { RigFactory } from './task-rig';
