import { findTaskOf, type DatabaseTransaction, type StorageMode } from '@pugmark/db';
import type { IngestsDependencies } from './ingests.dependencies';
import { ingestState, type IngestAccepted } from './ingests.dto';
import { assertNotBeingDeleted } from '../bulk-changes/request-deletion';
import { modelsOfNewRun } from '../runs/models-of-new-run';

export interface NewIngest {
  readonly projectId: number;
  readonly deploymentId: number | null;
  readonly source: 'folder' | 'upload';
  readonly mode: StorageMode;
  readonly folder: string;
  /** Start a run of the project's models over the added images. */
  readonly detect: boolean;
  readonly traceparent: string;
}

/**
 * Creates the run, the ingest and its scan task, in the caller's transaction. Throws a 409 while the project or
 * deployment is being deleted.
 */
export async function createIngest(
  tx: DatabaseTransaction,
  deps: Pick<IngestsDependencies, 'projects' | 'models' | 'runs' | 'ingests' | 'tasks' | 'bulkChanges'>,
  ingest: NewIngest,
): Promise<number> {
  const { projectId, deploymentId, source, mode, folder, traceparent } = ingest;
  const runId = ingest.detect
    ? await deps.runs.create(tx, { projectId, ...(await modelsOfNewRun(deps, tx, projectId)), priority: 0 })
    : null;
  const id = await deps.ingests.create(tx, {
    project_id: projectId,
    deployment_id: deploymentId,
    run_id: runId,
    source,
    mode,
    folder,
  });
  await assertNotBeingDeleted(tx, deps, projectId, deploymentId);
  // The task does not carry the run: it would count as one of the run's images. The ingest row links them.
  await deps.tasks.create(tx, { kind: 'scan', subjectId: id, traceparent });
  return id;
}

/** The response to an accepted ingest. */
export async function acceptedIngest(
  deps: Pick<IngestsDependencies, 'db' | 'ingests'>,
  id: number,
): Promise<IngestAccepted> {
  const [ingest, task] = [await deps.ingests.find(deps.db, id), await findTaskOf(deps.db, 'scan', id)];
  if (ingest === null || task === null) throw new Error(`ingest ${id} does not exist`);
  return { id, runId: ingest.run_id, state: ingestState(task.state) };
}
