import type {
  Database,
  DeploymentRepository,
  EventRepository,
  IdempotencyRepository,
  ModelRepository,
  ProjectRepository,
  RunControlRepository,
  RunRepository,
} from '@pugmark/db';
import type { GatewaySettings } from '../../settings';

/** Dependencies of runs, provided by the composition root. */
export interface RunsDependencies {
  readonly db: Database;
  readonly projects: ProjectRepository;
  readonly deployments: DeploymentRepository;
  readonly models: ModelRepository;
  readonly runs: RunRepository;
  readonly runControl: RunControlRepository;
  readonly idempotency: IdempotencyRepository;
  readonly events: EventRepository;
  readonly settings: Pick<GatewaySettings, 'maxOpenRuns'>;
}
