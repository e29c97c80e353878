import type {
  BulkChangeRepository,
  Database,
  DeploymentRepository,
  IngestRepository,
  ProjectRepository,
  TaskRepository,
} from '@pugmark/db';

/** Dependencies of bulk changes, provided by the composition root. */
export interface BulkChangesDependencies {
  readonly db: Database;
  readonly projects: ProjectRepository;
  readonly deployments: DeploymentRepository;
  readonly ingests: IngestRepository;
  readonly bulkChanges: BulkChangeRepository;
  readonly tasks: TaskRepository;
}
