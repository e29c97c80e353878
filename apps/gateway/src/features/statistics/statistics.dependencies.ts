import type {
  StatisticsCache,
  Database,
  DeploymentRepository,
  EventRepository,
  LocationRepository,
  ProjectRepository,
} from '@pugmark/db';

/** Dependencies of statistics, provided by the composition root. */
export interface StatisticsDependencies {
  readonly db: Database;
  readonly counts: StatisticsCache;
  readonly projects: ProjectRepository;
  readonly deployments: DeploymentRepository;
  readonly locations: LocationRepository;
  readonly events: EventRepository;
}
