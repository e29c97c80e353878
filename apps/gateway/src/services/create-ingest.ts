import type { DatabaseTransaction, StorageMode } from '@pugmark/db';
import type { Stores } from '../dependencies';
import type { IngestAccepted } from '../dto/ingests.dto';
import { modelsOfNewRun } from './require';

export interface NewIngest {
  readonly projectId: number;
  readonly deploymentId: number | null;
  readonly source: 'folder' | 'upload';
  readonly mode: StorageMode;
  readonly folder: string;
  /** With a run of the project's models over what is added. */
  readonly detect: boolean;
  readonly traceparent: string;
}

/** The run, the ingest and its scan task: all of it, or, when the transaction fails, nothing. */
export async function createIngest(tx: DatabaseTransaction, stores: Stores, ingest: NewIngest): Promise<IngestAccepted> {
  const { projectId, deploymentId, source, mode, folder, traceparent } = ingest;
  const runId = ingest.detect ? await stores.runs.create(tx, { projectId, ...(await modelsOfNewRun(stores, tx, projectId)), priority: 0 }) : null;
  const id = await stores.ingests.create(tx, { project_id: projectId, deployment_id: deploymentId, run_id: runId, source, mode, folder });
  // The task does not carry the run: it would count as one of the run's images. The ingest row ties them together.
  await stores.tasks.create(tx, { kind: 'scan', subjectId: id, traceparent });
  return { id, runId, state: 'pending' };
}
