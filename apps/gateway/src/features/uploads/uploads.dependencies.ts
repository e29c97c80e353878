import type {
  Database,
  DeploymentRepository,
  IdempotencyRepository,
  IngestRepository,
  ModelRepository,
  ProjectRepository,
  RunRepository,
  TaskRepository,
} from '@pugmark/db';
import type { UploadStorage } from '@pugmark/storage';
import type { GatewaySettings } from '../../settings';
import type { ImageChecker } from '../renditions/image-checker';

/** Dependencies of uploads, provided by the composition root. */
export interface UploadsDependencies {
  readonly db: Database;
  readonly projects: ProjectRepository;
  readonly deployments: DeploymentRepository;
  readonly models: ModelRepository;
  readonly runs: RunRepository;
  readonly ingests: IngestRepository;
  readonly tasks: TaskRepository;
  readonly idempotency: IdempotencyRepository;
  readonly uploads: UploadStorage;
  readonly imageChecker: ImageChecker;
  readonly settings: Pick<
    GatewaySettings,
    'maxWaitingScans' | 'pixelLimit' | 'uploadMaxBytes' | 'uploadMaxFiles' | 'uploadMaxTotalBytes' | 'uploadMaxZipRatio'
  >;
}
