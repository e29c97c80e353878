import type {
  StatisticsCache,
  Database,
  DeploymentRepository,
  IdempotencyRepository,
  ImageRepository,
  LocationRepository,
  ProjectRepository,
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
}
