export { countOpenRuns, countWaiting } from './backlog';
export { EngineReportRepository } from './engine-report.repository';
export type { EngineReport } from './system.tables';
