import type {
  ClassificationRepository,
  ClassifyResult,
  CropToClassify,
  Database,
  DatabaseTransaction,
  ImageRepository,
} from '@pugmark/db';
import type { ClaimedTask, TaskOutcome } from '@pugmark/domain';
import type { TaskContext, TaskHandler } from '@pugmark/tasks';
import type { EnginePool } from '../engine/engine-pool';
import type { CatalogueModel, ModelCatalogue } from '../models/model-catalogue';
import { failedPlan, inferTasks, findPaths } from './image-tasks';

export interface ClassifyParts {
  readonly db: Database;
  readonly images: ImageRepository;
  readonly classifications: ClassificationRepository;
  readonly catalogue: ModelCatalogue;
  readonly pool: Pick<EnginePool, 'infer'>;
  /** Name of the engine, stored with each result. */
  readonly engine: string;
  /** Path of an image in the content-addressed storage. */
  readonly pathOfKey: (key: string) => string;
}

interface Work {
  readonly model: CatalogueModel;
  readonly crops: readonly CropToClassify[];
}

/** Classifies the detections of a batch of images with the classifier of their run. */
export class ClassifyHandler implements TaskHandler<DatabaseTransaction, ClassifyResult, 'classify'> {
  readonly kind = 'classify' as const;
  readonly #parts: ClassifyParts;

  constructor(parts: ClassifyParts) {
    this.#parts = parts;
  }

  async handle(tasks: readonly ClaimedTask[], context: TaskContext): Promise<TaskOutcome<ClassifyResult>[]> {
    const { db, images, pool, engine, pathOfKey } = this.#parts;
    const works = await this.#worksOf(tasks);
    const paths = await findPaths(
      db,
      images,
      tasks.map(({ subjectId }) => subjectId),
      pathOfKey,
    );
    return inferTasks<ClassifyResult>(
      tasks,
      (task) => {
        const path = paths.get(task.subjectId);
        const work = works.get(task);
        if (path === undefined) return failedPlan(task, 'image_missing', `there is no image ${task.subjectId}`);
        if (work === undefined)
          return failedPlan(task, 'model_missing', 'the run or its classifier no longer exists: start a new run');
        if (work.crops.length === 0)
          return { outcome: { task, outcome: 'done', result: { modelId: work.model.id, engine, detections: [] } } };
        return {
          request: {
            model: work.model.ref,
            image: { id: task.subjectId, path, crops: work.crops.map(({ box }) => box) },
          },
        };
      },
      (task, { classifications }) => {
        const { model, crops } = works.get(task)!;
        const detections = crops.map(({ detectionId }, index) => ({
          detectionId,
          classifications: classifications[index] ?? [],
        }));
        return { modelId: model.id, engine, detections };
      },
      pool,
      context,
    );
  }

  async write(tx: DatabaseTransaction, done: readonly { result: ClassifyResult }[]): Promise<void> {
    await this.#parts.classifications.insertNew(
      tx,
      done.map(({ result }) => result),
    );
  }

  async #worksOf(tasks: readonly ClaimedTask[]): Promise<Map<ClaimedTask, Work>> {
    const { db, catalogue, classifications } = this.#parts;
    const runIds = [...new Set(tasks.flatMap(({ runId }) => (runId === null ? [] : [runId])))];
    const runs = await catalogue.ofRuns(runIds);
    const works = new Map<ClaimedTask, Work>();
    for (const runId of runIds) {
      const classify = runs.get(runId)?.classify;
      const model = classify === undefined || classify === null ? null : await catalogue.find(classify.classifierId);
      if (model === null) continue;
      const own = tasks.filter((task) => task.runId === runId);
      const crops = await classifications.findCrops(
        db,
        runId,
        own.map(({ subjectId }) => subjectId),
      );
      for (const task of own) works.set(task, { model, crops: crops.get(task.subjectId) ?? [] });
    }
    return works;
  }
}
