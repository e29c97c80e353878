export {
  createDatabase,
  pingDatabase,
  type Database,
  type DatabaseOptions,
  type DatabaseTransaction,
  type Executor,
} from './connection/database';
export { Counts } from './statistics/statistics-cache';
export { createLeaseStore } from './tasks/lease-store';
export { isUniqueViolation } from './connection/is-unique-violation';
export { inTransaction, type TransactionOptions } from './connection/in-transaction';
export { isDatabaseAway } from './connection/is-database-unavailable';
export { isPoolExhausted } from './connection/is-pool-exhausted';
export { onceMore } from './connection/retry-once';
export { watchClock } from './connection/monitor-clock';
export { migrate } from './migrations/migrate';
export type { TimeDoubt } from './sql/local-time';
export { FEED_TOPICS, SEVERITIES, type FeedTopic, type Severity } from './feed-schema';
export type { EngineReport, ExportContent, ExportFilter, ImageFormat, IngestFileOutcome, StorageMode } from './schema';
export {
  TaskRepository,
  type DueDoorbell,
  type InvariantViolation,
  type Reconciled,
  type RingableTask,
} from './tasks/task.repository';
export { ProjectRepository, type ProjectRow, type ProjectSettings } from './projects/project.repository';
export {
  DeploymentRepository,
  type DeploymentChange,
  type DeploymentTimes,
  type DeploymentWithLocation,
} from './deployments/deployment.repository';
export { LocationRepository, type LocationChange, type LocationRow } from './locations/location.repository';
export {
  TaxonRepository,
  type NewTaxon,
  type TaxonChange,
  type TaxonFilter,
  type TaxonRow,
} from './taxa/taxon.repository';
export {
  ClassificationRepository,
  type ClassifyResult,
  type CropToClassify,
} from './inferences/classification.repository';
export { ModelRepository, type ClassifySettings, type ModelRow, type RunModels } from './models/model.repository';
export { RunControlRepository } from './runs/run-control.repository';
export { RunRepository, type RunRow } from './runs/run.repository';
export { RunTallyRepository } from './runs/run-counts.repository';
export { IngestRepository, type IngestFileRow, type IngestProgress, type IngestRow } from './ingests/ingest.repository';
export {
  ImageRepository,
  type ImageCorrection,
  type ImageFile,
  type ImageOrigin,
  type NewImage,
  type PictureRow,
} from './images/image.repository';
export { DetectionRepository, type ImageResult } from './inferences/detection.repository';
export { EngineReportRepository } from './system/engine-report.repository';
export { IdempotencyRepository } from './idempotency/idempotency.repository';
export { ApiKeyRepository, type ApiKeyRow, type NewApiKey } from './keys/api-key.repository';
export { SessionRepository } from './keys/session.repository';
export { AuditRepository, type AuditRow } from './keys/audit.repository';
export { refreshDeployment } from './observations/refresh-observations';
export {
  ReviewRepository,
  type HistoryRow,
  type NewReview,
  type ReviewBatch,
  type Reviewer,
  type ReviewRow,
} from './reviews/review.repository';
export {
  StaticBoxRepository,
  type SearchPace,
  type StaticBoxRow,
  type StaticSearch,
} from './static-detections/static-detection.repository';
export { EventRepository } from './events/event.repository';
export { ImageDayRepository } from './statistics/image-day.repository';
export type { ObservedFilter } from './observations/observation-filter';
export {
  FeedRepository,
  type FeedBounds,
  type FeedFilter,
  type FeedRow,
  type FeedSubject,
} from './feed/feed.repository';
export { IncidentRepository, type IncidentRow, type NewIncident } from './incidents/incident.repository';
export type { EventFilter, EventKind } from './events/event-filter';
export {
  findListedEvent,
  listEvents,
  type EventOrder,
  type EventPosition,
  type ListedEvent,
} from './events/event-list';
export type { Counted, Grouping, Kind } from './statistics/event-counts';
export type { Effort } from './statistics/effort';
export type { ImageTally } from './statistics/image-totals';
export { summariseStudy, type StudySummary } from './statistics/study-summary';
export {
  captureRates,
  type CaptureRate,
  type CaptureRates,
  type Captures,
  type CapturesAt,
} from './statistics/capture-rates';
export { activityByHour, type Activity } from './statistics/activity';
export { timelineOf, type Timeline, type TooLong } from './statistics/timeline';
export { presenceByPlace, type PlacePresence, type Presence } from './statistics/presence';
export { readDeploymentImages } from './events/deployment-images';
export { findProjectOf, PROJECT_RESOURCES, type ProjectResource } from './projects/find-project-of';
export { ExportRepository, type ExportArtifact, type ExportWithTask } from './exports/export.repository';
export {
  countMoving,
  countTasks,
  recentlyFinished,
  recentlyFinishedByRun,
  summariseRun,
  taskOf,
  type RecentlyFinished,
  type RunSummary,
  type TaskCounts,
} from './runs/run-progress';
export {
  TIME_ISSUES,
  findEvent,
  type EventSpan,
  type ImageFilter,
  type ImageStatus,
  type TimeIssue,
} from './images/image-filter';
export { MOST_COUNTED, MOST_JUDGED, countImages, type ImageCount } from './images/image-count';
export { findImage, type ImageDetails, type ListedDetection } from './images/image-details';
export { IMAGE_SORTS, listImages, type ImagePosition, type ImageSort, type ListedImage } from './images/image-list';
export {
  compareRuns,
  listComparedImages,
  type ComparedImage,
  type RunComparison,
  type Verdict,
} from './runs/run-comparison';
export { runsThatMayHaveChanged } from './feed/changed-runs';
export { countOpenRuns, countWaiting } from './system/backlog';
export { findRun, findRuns, listRuns, type RunOverview } from './runs/run-overview';
export { readDetections, type DetectionRow } from './exports/detection-rows';
export { readObservations, type ObservationRow } from './exports/observation-rows';
export { readWords, type CountingReview, type ImageWord, type ProposedObservation } from './reviews/image-annotations';
export { findEventImages, type EventImages } from './events/event-images';
export {
  QUEUES,
  countQueue,
  listQueue,
  type Queue,
  type QueueFilter,
  type QueuePosition,
  type QueueRow,
} from './reviews/review-queue';
