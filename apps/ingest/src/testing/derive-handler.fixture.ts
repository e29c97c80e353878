import {
  BULK_CHANGE_KINDS,
  BulkChangeRepository,
  DeploymentRepository,
  ReviewRepository,
  type NewBulkChange,
} from '@pugmark/db';
import { ImageStorage, RenditionStorage } from '@pugmark/storage';
import type { BulkChangeSteps } from '../bulk-changes/bulk-change-steps';
import { stepsByKind, type StepsByKind } from '../bulk-changes/steps-by-kind';
import { DeriveHandler } from '../handlers/derive.handler';
import { removeDeletedFiles } from '../upkeep/remove-deleted-files';
import type { TestStudy } from './test-study.fixture';

/** Images of one step. */
const STEP = 10;

/** The handler with steps of few images, and something that happens in the transaction of each of them. */
export function deriveHandler(
  { db, tasks, images, storage }: TestStudy,
  inStep: (step: number) => Promise<unknown> = () => Promise.resolve(),
): DeriveHandler {
  let steps = 0;
  const small = (real: BulkChangeSteps): BulkChangeSteps => ({
    ...real,
    list: (tx, change, afterId) => real.list(tx, change, afterId, STEP),
    apply: async (tx, change, ids) => {
      await real.apply(tx, change, ids);
      await inStep(++steps);
    },
  });
  const [imageFiles, renditionFiles] = [new ImageStorage(storage), new RenditionStorage(storage)];
  const removeFiles = () => removeDeletedFiles(db, imageFiles, renditionFiles);
  const real = stepsByKind({
    images,
    deployments: new DeploymentRepository(),
    reviews: new ReviewRepository(),
    removeFiles,
  });
  return new DeriveHandler(
    { db, tasks, bulkChanges: new BulkChangeRepository() },
    Object.fromEntries(BULK_CHANGE_KINDS.map((kind) => [kind, small(real[kind])])) as StepsByKind,
  );
}

/** A bulk change with its task; returns its id. */
export async function requestBulkChange(
  { db, tasks }: TestStudy,
  change: Omit<NewBulkChange, 'total' | 'requestedBy'>,
): Promise<number> {
  return db.transaction().execute(async (tx) => {
    const id = await new BulkChangeRepository().create(tx, { ...change, total: 1, requestedBy: 'ranger' });
    await tasks.create(tx, { kind: 'derive', subjectId: id });
    return id;
  });
}
