export {
  createDatabase,
  pingDatabase,
  type Database,
  type DatabaseOptions,
  type DatabaseTransaction,
  type Executor,
} from './connection/database';
export { StatisticsCache } from './statistics/statistics-cache';
export { createLeaseStore } from './tasks/lease-store';
export { isUniqueViolation } from './connection/is-unique-violation';
export { inTransaction, type TransactionOptions } from './connection/in-transaction';
export { isDatabaseUnavailable } from './connection/is-database-unavailable';
export { isPoolExhausted } from './connection/is-pool-exhausted';
export { retryOnce } from './connection/retry-once';
export { monitorClock } from './connection/monitor-clock';
export { migrate } from './migrations/migrate';
export type { DstIssue } from './sql/local-time';
export { FEED_TOPICS, type FeedTopic } from './feed/feed.tables';
export { SEVERITIES, type Severity } from './incidents/incidents.tables';
export type { EngineReport } from './system/system.tables';
export type { ExportContent, ExportFilter } from './exports/exports.tables';
export type { ImageFormat } from './images/images.tables';
export type { IngestFileOutcome, StorageMode } from './ingests/ingests.tables';
export {
  TaskRepository,
  type NotifiedTask,
  type InvariantViolation,
  type Reconciled,
  type PublishableTask,
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
export { RunCountsRepository } from './runs/run-counts.repository';
export { IngestRepository, type IngestFileRow, type IngestProgress, type IngestRow } from './ingests/ingest.repository';
export {
  ImageRepository,
  type ImageCorrection,
  type ImageFile,
  type ImageOrigin,
  type NewImage,
  type DownloadableImage,
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
  type ReviewHistoryRow,
  type NewReview,
  type ReviewBatch,
  type Reviewer,
  type ReviewRow,
} from './reviews/review.repository';
export {
  StaticDetectionRepository,
  type SearchDelays,
  type StaticDetectionRow,
  type StaticDetectionSearch,
} from './static-detections/static-detection.repository';
export { EventRepository } from './events/event.repository';
export { ImageCountRepository } from './statistics/image-count.repository';
export type { ObservationFilter } from './observations/observation-filter';
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
export type { EventTotals, Grouping, Kind } from './statistics/event-counts';
export type { Effort } from './statistics/effort';
export type { ImageTotals } from './statistics/image-totals';
export { readStudySummary, type StudySummary } from './statistics/study-summary';
export {
  readCaptureRates,
  type CaptureRate,
  type CaptureRates,
  type CaptureSummary,
  type PlaceCaptures,
} from './statistics/capture-rates';
export { readActivity, type Activity } from './statistics/activity';
export { readTimeline, type Timeline, type TooManySteps } from './statistics/timeline';
export { readPresence, type PlacePresence, type Presence } from './statistics/presence';
export { readDeploymentImages } from './events/deployment-images';
export { findProjectOf, PROJECT_RESOURCES, type ProjectResource } from './projects/find-project-of';
export { ExportRepository, type ExportArtifact, type ExportWithTask } from './exports/export.repository';
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
} from './runs/run-progress';
export {
  TIME_ISSUES,
  findEventSpan,
  type EventSpan,
  type ImageFilter,
  type ImageStatus,
  type TimeIssue,
} from './images/image-filter';
export { MAX_COUNTED, MAX_COUNTED_OF_RUN, countImages, type ImageCount } from './images/image-count';
export { findImage, type ImageDetails, type ListedDetection } from './images/image-details';
export { IMAGE_SORTS, listImages, type ImagePosition, type ImageSort, type ListedImage } from './images/image-list';
export {
  compareRuns,
  listComparedImages,
  type ComparedImage,
  type RunComparison,
  type Verdict,
} from './runs/run-comparison';
export { findChangedRuns } from './feed/changed-runs';
export { countOpenRuns, countWaiting } from './system/backlog';
export { findRun, findRuns, listRuns, type RunOverview } from './runs/run-overview';
export { streamDetectionRows, type DetectionRow } from './exports/detection-rows';
export { streamObservationRows, type ObservationRow } from './exports/observation-rows';
export {
  readImageAnnotations,
  type EffectiveReview,
  type ImageAnnotation,
  type ProposedObservation,
} from './reviews/image-annotations';
export { findEventImages, type EventImages } from './events/event-images';
export {
  REVIEW_QUEUES,
  countReviewQueue,
  listReviewQueue,
  type ReviewQueue,
  type ReviewQueueFilter,
  type ReviewQueuePosition,
  type ReviewQueueRow,
} from './reviews/review-queue';
