import type {
  StatisticsCache,
  BulkChangeRepository,
  Database,
  DeploymentRepository,
  EventRepository,
  ImageRepository,
  ProjectRepository,
} from '@pugmark/db';

/** Dependencies of images, provided by the composition root. */
export interface ImagesDependencies {
  readonly db: Database;
  readonly counts: StatisticsCache;
  readonly projects: ProjectRepository;
  readonly deployments: DeploymentRepository;
  readonly images: ImageRepository;
  readonly events: EventRepository;
  readonly bulkChanges: BulkChangeRepository;
}
