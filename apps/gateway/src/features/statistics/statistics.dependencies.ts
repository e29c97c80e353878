import type {
  Counts,
  Database,
  DeploymentRepository,
  EventRepository,
  LocationRepository,
  ProjectRepository,
} from '@pugmark/db';

/** What statistics need from the composition root. */
export interface StatisticsDependencies {
  readonly db: Database;
  readonly counts: Counts;
  readonly projects: ProjectRepository;
  readonly deployments: DeploymentRepository;
  readonly locations: LocationRepository;
  readonly events: EventRepository;
}
