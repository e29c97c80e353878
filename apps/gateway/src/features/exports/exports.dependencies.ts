import type {
  Database,
  DeploymentRepository,
  ExportRepository,
  IdempotencyRepository,
  ProjectRepository,
  RunRepository,
  TaskRepository,
} from '@pugmark/db';
import type { Cache } from '@pugmark/cache';
import type { ExportStorage } from '@pugmark/storage';
import type { GatewaySettings } from '../../settings';

/** Dependencies of exports, provided by the composition root. */
export interface ExportsDependencies {
  readonly db: Database;
  readonly projects: ProjectRepository;
  readonly deployments: DeploymentRepository;
  readonly runs: RunRepository;
  readonly tasks: TaskRepository;
  readonly exports: ExportRepository;
  readonly idempotency: IdempotencyRepository;
  readonly cache: Cache;
  readonly exportFiles: ExportStorage;
  readonly settings: Pick<GatewaySettings, 'maxWaitingExports'>;
}
