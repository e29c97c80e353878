import type {
  Database,
  DeploymentRepository,
  EventRepository,
  LocationRepository,
  ProjectRepository,
} from '@pugmark/db';

/** Dependencies of events, provided by the composition root. */
export interface EventsDependencies {
  readonly db: Database;
  readonly projects: ProjectRepository;
  readonly deployments: DeploymentRepository;
  readonly locations: LocationRepository;
  readonly events: EventRepository;
}
