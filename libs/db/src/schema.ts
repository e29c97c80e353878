import type { BulkChangesTable } from './bulk-changes/bulk-changes.tables';
import type { DeploymentsTable } from './deployments/deployments.tables';
import type { EventsTable, StaleEventsTable } from './events/events.tables';
import type { ExportsTable } from './exports/exports.tables';
import type { FeedStateTable, FeedTable } from './feed/feed.tables';
import type { IdempotencyKeysTable } from './idempotency/idempotency.tables';
import type { DeletedContentsTable, ImagesTable } from './images/images.tables';
import type { IncidentsTable } from './incidents/incidents.tables';
import type { ClassificationsTable, DetectionsTable, InferencesTable } from './inferences/inferences.tables';
import type { IngestFilesTable, IngestsTable } from './ingests/ingests.tables';
import type { ApiKeysTable, AuditLogTable, SessionsTable } from './keys/keys.tables';
import type { LocationsTable } from './locations/locations.tables';
import type { ModelsTable } from './models/models.tables';
import type { ImageSummariesTable, ObservationsTable } from './observations/observations.tables';
import type { ProjectsTable } from './projects/projects.tables';
import type { ReviewBatchesTable, ReviewsTable } from './reviews/reviews.tables';
import type { RunCountsTable, RunsTable } from './runs/runs.tables';
import type { StaleStaticDetectionsTable, StaticDetectionsTable } from './static-detections/static-detections.tables';
import type {
  ImageCountsByDayTable,
  ImageCountsByHourTable,
  ProjectChangesTable,
} from './statistics/statistics.tables';
import type { EngineReportsTable } from './system/system.tables';
import type { TaskCountsTable, TaskProgressTable, TasksTable } from './tasks/tasks.tables';
import type { TaxaTable } from './taxa/taxa.tables';

/** The tables, each declared by its feature. The migrations document the columns. */
export interface Schema {
  models: ModelsTable;
  engine_reports: EngineReportsTable;
  projects: ProjectsTable;
  locations: LocationsTable;
  deployments: DeploymentsTable;
  taxa: TaxaTable;
  api_keys: ApiKeysTable;
  sessions: SessionsTable;
  audit_log: AuditLogTable;
  idempotency_keys: IdempotencyKeysTable;
  runs: RunsTable;
  run_counts: RunCountsTable;
  ingests: IngestsTable;
  ingest_files: IngestFilesTable;
  images: ImagesTable;
  deleted_contents: DeletedContentsTable;
  tasks: TasksTable;
  task_counts: TaskCountsTable;
  task_progress: TaskProgressTable;
  inferences: InferencesTable;
  detections: DetectionsTable;
  classifications: ClassificationsTable;
  static_detections: StaticDetectionsTable;
  stale_static_detections: StaleStaticDetectionsTable;
  reviews: ReviewsTable;
  review_batches: ReviewBatchesTable;
  observations: ObservationsTable;
  image_summaries: ImageSummariesTable;
  events: EventsTable;
  stale_events: StaleEventsTable;
  image_counts_by_hour: ImageCountsByHourTable;
  image_counts_by_day: ImageCountsByDayTable;
  project_changes: ProjectChangesTable;
  exports: ExportsTable;
  bulk_changes: BulkChangesTable;
  incidents: IncidentsTable;
  feed: FeedTable;
  feed_state: FeedStateTable;
}
