import type {
  StatisticsCache,
  Database,
  DeploymentRepository,
  EventRepository,
  LocationRepository,
  ProjectRepository,
} from '@pugmark/db';

/** What statistics need from the composition root. */
export interface StatisticsDependencies {
  readonly db: Database;
  readonly counts: StatisticsCache;
  readonly projects: ProjectRepository;
  readonly deployments: DeploymentRepository;
  readonly locations: LocationRepository;
  readonly events: EventRepository;
}
