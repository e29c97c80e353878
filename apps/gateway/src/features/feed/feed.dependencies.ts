import type {
  ApiKeyRepository,
  BulkChangeRepository,
  Database,
  ExportRepository,
  FeedRepository,
  IncidentRepository,
  ProjectRepository,
  SessionRepository,
} from '@pugmark/db';

/** Dependencies of the feed, provided by the composition root. */
export interface FeedDependencies {
  readonly db: Database;
  readonly projects: ProjectRepository;
  readonly exports: ExportRepository;
  readonly bulkChanges: BulkChangeRepository;
  readonly keys: ApiKeyRepository;
  readonly sessions: SessionRepository;
  readonly incidents: IncidentRepository;
  readonly feed: FeedRepository;
}
