import type {
  ClassificationRepository,
  Database,
  DatabaseTransaction,
  DetectionRepository,
  ImageRepository,
  ImageResult,
  RunCountsRepository,
} from '@pugmark/db';
import type { ClaimedTask, TaskOutcome } from '@pugmark/domain';
import type { TaskContext, TaskHandler } from '@pugmark/tasks';
import type { EnginePool } from '../engine/engine-pool';
import type { CatalogueModel, ModelCatalogue } from '../models/model-catalogue';
import { failedPlan, inferTasks, findPaths } from './image-tasks';

export interface DetectParts {
  readonly db: Database;
  readonly images: ImageRepository;
  readonly detections: DetectionRepository;
  readonly classifications: ClassificationRepository;
  readonly runCounts: RunCountsRepository;
  readonly catalogue: ModelCatalogue;
  readonly pool: Pick<EnginePool, 'infer'>;
  /** Name of the engine, stored with each result. */
  readonly engine: string;
  /** Path of an image in the content-addressed storage. */
  readonly pathOfKey: (key: string) => string;
}

/** Detects animals, people and vehicles in a batch of images, each with the detector of its run. */
export class DetectHandler implements TaskHandler<DatabaseTransaction, ImageResult, 'detect'> {
  readonly kind = 'detect' as const;
  readonly #parts: DetectParts;

  constructor(parts: DetectParts) {
    this.#parts = parts;
  }

  async handle(tasks: readonly ClaimedTask[], context: TaskContext): Promise<TaskOutcome<ImageResult>[]> {
    const { db, images, pool, engine, pathOfKey } = this.#parts;
    const models = await this.#modelsOf(tasks);
    const paths = await findPaths(
      db,
      images,
      tasks.map(({ subjectId }) => subjectId),
      pathOfKey,
    );
    return inferTasks<ImageResult>(
      tasks,
      (task) => {
        const path = paths.get(task.subjectId);
        const model = models.get(task);
        if (path === undefined) return failedPlan(task, 'image_missing', `there is no image ${task.subjectId}`);
        if (model === undefined)
          return failedPlan(task, 'model_missing', 'the run or its model no longer exists: start a new run');
        return { request: { model: model.ref, image: { id: task.subjectId, path } } };
      },
      (task, { detections, warning, decodeMs, inferMs }) => ({
        imageId: task.subjectId,
        modelId: models.get(task)!.id,
        engine,
        warning,
        decodeMs,
        inferMs,
        detections,
      }),
      pool,
      context,
    );
  }

  async write(tx: DatabaseTransaction, done: readonly { task: ClaimedTask; result: ImageResult }[]): Promise<void> {
    await this.#parts.detections.insertNew(
      tx,
      done.map(({ result }) => result),
    );
    await this.#parts.runCounts.add(
      tx,
      done.map(({ task }) => task.id),
    );
    const runs = await this.#parts.catalogue.ofRuns(
      done.flatMap(({ task: { runId } }) => (runId === null ? [] : [runId])),
    );
    const classified = done.filter(({ task: { runId } }) => runId !== null && runs.get(runId)?.classify != null);
    await this.#parts.classifications.createTasks(
      tx,
      classified.map(({ task }) => task.id),
    );
  }

  async #modelsOf(tasks: readonly ClaimedTask[]): Promise<Map<ClaimedTask, CatalogueModel>> {
    const { catalogue } = this.#parts;
    const runs = await catalogue.ofRuns(tasks.flatMap(({ runId }) => (runId === null ? [] : [runId])));
    const models = new Map<ClaimedTask, CatalogueModel>();
    for (const task of tasks) {
      const run = task.runId === null ? undefined : runs.get(task.runId);
      const model = run === undefined ? null : await catalogue.find(run.modelId);
      if (model !== null) models.set(task, model);
    }
    return models;
  }
}
