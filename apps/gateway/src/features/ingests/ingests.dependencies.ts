import type {
  BulkChangeRepository,
  Database,
  DeploymentRepository,
  IdempotencyRepository,
  IngestRepository,
  ModelRepository,
  ProjectRepository,
  RunRepository,
  TaskRepository,
} from '@pugmark/db';
import type { GatewaySettings } from '../../settings';

/** Dependencies of ingests, provided by the composition root. */
export interface IngestsDependencies {
  readonly db: Database;
  readonly projects: ProjectRepository;
  readonly deployments: DeploymentRepository;
  readonly models: ModelRepository;
  readonly runs: RunRepository;
  readonly ingests: IngestRepository;
  readonly tasks: TaskRepository;
  readonly bulkChanges: BulkChangeRepository;
  readonly idempotency: IdempotencyRepository;
  readonly settings: Pick<GatewaySettings, 'ingestRoots' | 'maxWaitingScans'>;
}
