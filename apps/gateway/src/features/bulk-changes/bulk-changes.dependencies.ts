import type { BulkChangeRepository, Database, ProjectRepository, TaskRepository } from '@pugmark/db';

/** Dependencies of bulk changes, provided by the composition root. */
export interface BulkChangesDependencies {
  readonly db: Database;
  readonly projects: ProjectRepository;
  readonly bulkChanges: BulkChangeRepository;
  readonly tasks: TaskRepository;
}
