export {
  createDatabase,
  pingDatabase,
  type Database,
  type DatabaseOptions,
  type DatabaseTransaction,
  type Executor,
} from './database';
export { Counts } from './counts';
export { createLeaseStore } from './lease-store';
export { isUniqueViolation } from './is-unique-violation';
export { inTransaction, type TransactionOptions } from './in-transaction';
export { isDatabaseAway } from './is-database-away';
export { isPoolExhausted } from './is-pool-exhausted';
export { onceMore } from './once-more';
export { watchClock } from './watch-clock';
export { migrate } from './migrate';
export type { TimeDoubt } from './sql/local-time';
export { FEED_TOPICS, SEVERITIES, type FeedTopic, type Severity } from './feed-schema';
export type { EngineReport, ExportContent, ExportFilter, ImageFormat, IngestFileOutcome, StorageMode } from './schema';
export {
  TaskRepository,
  type DueDoorbell,
  type InvariantViolation,
  type Reconciled,
  type RingableTask,
} from './repositories/task.repository';
export { ProjectRepository, type ProjectRow, type ProjectSettings } from './repositories/project.repository';
export {
  DeploymentRepository,
  type DeploymentChange,
  type DeploymentTimes,
  type DeploymentWithLocation,
} from './repositories/deployment.repository';
export { LocationRepository, type LocationChange, type LocationRow } from './repositories/location.repository';
export {
  TaxonRepository,
  type NewTaxon,
  type TaxonChange,
  type TaxonFilter,
  type TaxonRow,
} from './repositories/taxon.repository';
export {
  ClassificationRepository,
  type ClassifyResult,
  type CropToClassify,
} from './repositories/classification.repository';
export { ModelRepository, type ClassifySettings, type ModelRow, type RunModels } from './repositories/model.repository';
export { RunControlRepository } from './repositories/run-control.repository';
export { RunRepository, type RunRow } from './repositories/run.repository';
export { RunTallyRepository } from './repositories/run-tally.repository';
export {
  IngestRepository,
  type IngestFileRow,
  type IngestProgress,
  type IngestRow,
} from './repositories/ingest.repository';
export {
  ImageRepository,
  type ImageCorrection,
  type ImageFile,
  type ImageOrigin,
  type NewImage,
  type PictureRow,
} from './repositories/image.repository';
export { DetectionRepository, type ImageResult } from './repositories/detection.repository';
export { EngineReportRepository } from './repositories/engine-report.repository';
export { IdempotencyRepository } from './repositories/idempotency.repository';
export { ApiKeyRepository, type ApiKeyRow, type NewApiKey } from './repositories/api-key.repository';
export { SessionRepository } from './repositories/session.repository';
export { AuditRepository, type AuditRow } from './repositories/audit.repository';
export { refreshDeployment } from './observations/refresh-observations';
export {
  ReviewRepository,
  type HistoryRow,
  type NewReview,
  type ReviewBatch,
  type Reviewer,
  type ReviewRow,
} from './repositories/review.repository';
export {
  StaticBoxRepository,
  type SearchPace,
  type StaticBoxRow,
  type StaticSearch,
} from './repositories/static-box.repository';
export { EventRepository } from './repositories/event.repository';
export { ImageDayRepository } from './repositories/image-day.repository';
export type { ObservedFilter } from './read-models/observed-filter';
export {
  FeedRepository,
  type FeedBounds,
  type FeedFilter,
  type FeedRow,
  type FeedSubject,
} from './repositories/feed.repository';
export { IncidentRepository, type IncidentRow, type NewIncident } from './repositories/incident.repository';
export type { EventFilter, EventKind } from './read-models/event-filter';
export {
  findListedEvent,
  listEvents,
  type EventOrder,
  type EventPosition,
  type ListedEvent,
} from './read-models/event-list';
export type { Counted, Grouping, Kind } from './read-models/event-counts';
export type { Effort } from './read-models/effort';
export type { ImageTally } from './read-models/image-tally';
export { summariseStudy, type StudySummary } from './read-models/study-summary';
export {
  captureRates,
  type CaptureRate,
  type CaptureRates,
  type Captures,
  type CapturesAt,
} from './read-models/capture-rates';
export { activityByHour, type Activity } from './read-models/activity';
export { timelineOf, type Timeline, type TooLong } from './read-models/timeline';
export { presenceByPlace, type PlacePresence, type Presence } from './read-models/presence';
export { readDeploymentImages } from './read-models/deployment-images';
export { findProjectOf, PROJECT_RESOURCES, type ProjectResource } from './read-models/project-of';
export { ExportRepository, type ExportArtifact, type ExportWithTask } from './repositories/export.repository';
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
} from './read-models/progress';
export {
  TIME_ISSUES,
  findEvent,
  type EventSpan,
  type ImageFilter,
  type ImageStatus,
  type TimeIssue,
} from './read-models/image-filter';
export { MOST_COUNTED, MOST_JUDGED, countImages, type ImageCount } from './read-models/image-count';
export { findImage, type ImageDetails, type ListedDetection } from './read-models/image-details';
export {
  IMAGE_SORTS,
  listImages,
  type ImagePosition,
  type ImageSort,
  type ListedImage,
} from './read-models/image-list';
export {
  compareRuns,
  listComparedImages,
  type ComparedImage,
  type RunComparison,
  type Verdict,
} from './read-models/run-comparison';
export { runsThatMayHaveChanged } from './read-models/feed-candidates';
export { countOpenRuns, countWaiting } from './read-models/queue-length';
export { findRun, findRuns, listRuns, type RunOverview } from './read-models/run-overview';
export { readDetections, type DetectionRow } from './read-models/detection-rows';
export { readObservations, type ObservationRow } from './read-models/observation-rows';
export { readWords, type CountingReview, type ImageWord, type ProposedObservation } from './read-models/image-words';
export { findEventImages, type EventImages } from './read-models/event-images';
export {
  QUEUES,
  countQueue,
  listQueue,
  type Queue,
  type QueueFilter,
  type QueuePosition,
  type QueueRow,
} from './read-models/review-queue';
