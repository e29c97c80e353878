export { readActivity, type Activity } from './activity';
export {
  readCaptureRates,
  type CaptureRate,
  type CaptureRates,
  type CaptureSummary,
  type PlaceCaptures,
} from './capture-rates';
export type { Effort } from './effort';
export type { EventTotals, Grouping, Kind } from './event-counts';
export { ImageCountRepository } from './image-count.repository';
export type { ImageTotals } from './image-totals';
export { readPresence, type PlacePresence, type Presence } from './presence';
export { StatisticsCache } from './statistics-cache';
export { readStudySummary, type StudySummary } from './study-summary';
export { readTimeline, type Timeline, type TooManySteps } from './timeline';
