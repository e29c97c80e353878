export {
  compareRuns,
  listComparedImages,
  type ComparedImage,
  type RunComparison,
  type Verdict,
} from './run-comparison';
export { RunControlRepository } from './run-control.repository';
export { RunCountsRepository } from './run-counts.repository';
export { findRun, findRuns, listRuns, type RunOverview } from './run-overview';
export {
  countUnpausedTasks,
  countTasks,
  countRecentlyFinished,
  countRecentlyFinishedByRun,
  summariseRun,
  findTaskOf,
  type RecentlyFinished,
  type RunSummary,
  type TaskCounts,
} from './run-progress';
export { RunRepository, type RunRow } from './run.repository';
