import type {
  StatisticsCache,
  BulkChangeRepository,
  Database,
  DeploymentRepository,
  IdempotencyRepository,
  ImageRepository,
  LocationRepository,
  ProjectRepository,
  ReviewRepository,
  TaskRepository,
} from '@pugmark/db';

/** Dependencies of deployments, provided by the composition root. */
export interface DeploymentsDependencies {
  readonly db: Database;
  readonly counts: StatisticsCache;
  readonly projects: ProjectRepository;
  readonly deployments: DeploymentRepository;
  readonly locations: LocationRepository;
  readonly images: ImageRepository;
  readonly idempotency: IdempotencyRepository;
  readonly bulkChanges: BulkChangeRepository;
  readonly tasks: TaskRepository;
  readonly reviews: ReviewRepository;
}
