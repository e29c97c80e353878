import type { Database, DatabaseTransaction, DetectionRepository, ImageRepository, ImageResult, ModelRepository } from '@pugmark/db';
import type { ClaimedTask, TaskOutcome } from '@pugmark/domain';
import type { TaskContext, TaskHandler } from '@pugmark/tasks';
import type { EnginePool, ImageOutcome } from '../engine/engine-pool';

export interface DetectStores {
  readonly db: Database;
  readonly images: ImageRepository;
  readonly models: ModelRepository;
  readonly detections: DetectionRepository;
}

export interface DetectOptions {
  /** Row of the model that the engines have loaded. */
  readonly modelId: number;
  readonly modelName: string;
  /** Name of the engine, stored with each result. */
  readonly engine: string;
  /** Path of a picture in the content-addressed storage. */
  readonly pathOfKey: (key: string) => string;
}

/** Finds animals, people and vehicles in a batch of pictures. */
export class DetectHandler implements TaskHandler<DatabaseTransaction, ImageResult> {
  readonly kind = 'detect' as const;
  readonly #stores: DetectStores;
  readonly #pool: Pick<EnginePool, 'detect'>;
  readonly #options: DetectOptions;
  /** Runs never change their model, so that what was looked up once stays right. */
  readonly #modelOfRun = new Map<number, number>();

  constructor(stores: DetectStores, pool: Pick<EnginePool, 'detect'>, options: DetectOptions) {
    this.#stores = stores;
    this.#pool = pool;
    this.#options = options;
  }

  async handle(tasks: readonly ClaimedTask[], context: TaskContext): Promise<TaskOutcome<ImageResult>[]> {
    await this.#learnModels(tasks);
    const files = await this.#stores.images.files(this.#stores.db, tasks.map((task) => task.subjectId));
    const paths = new Map(files.map((file) => [file.id, file.mode === 'copy' ? this.#options.pathOfKey(file.location) : file.location]));
    const wanted = tasks.flatMap((task) => {
      const path = paths.get(task.subjectId);
      // A task that was cancelled while it waited here costs no inference.
      return path === undefined || this.#refusal(task, path) !== null || context.signalOf(task).aborted ? [] : [{ id: task.subjectId, path }];
    });
    const answers = new Map((wanted.length > 0 ? await this.#pool.detect(wanted) : []).map((answer) => [answer.id, answer]));
    return tasks.map((task) => this.#refusal(task, paths.get(task.subjectId)) ?? this.#outcome(task, answers.get(task.subjectId)));
  }

  async write(tx: DatabaseTransaction, done: readonly { result: ImageResult }[]): Promise<void> {
    await this.#stores.detections.insertNew(tx, done.map(({ result }) => result));
  }

  #outcome(task: ClaimedTask, answer: ImageOutcome | undefined): TaskOutcome<ImageResult> {
    if (answer === undefined) return { task, outcome: 'retry', code: 'not_answered', message: 'the picture was not looked at in this attempt' };
    if (!answer.ok) return { task, outcome: answer.retryable ? 'retry' : 'failed', code: answer.code, message: answer.message };
    return {
      task,
      outcome: 'done',
      result: {
        imageId: task.subjectId,
        modelId: this.#options.modelId,
        engine: this.#options.engine,
        warning: answer.warning,
        decodeMs: answer.decodeMs,
        inferMs: answer.inferMs,
        detections: answer.detections,
      },
    };
  }

  /** Why this worker cannot do the task at all; null when it can. */
  #refusal(task: ClaimedTask, path: string | undefined): TaskOutcome<ImageResult> | null {
    if (path === undefined) return { task, outcome: 'failed', code: 'image_missing', message: `there is no image ${task.subjectId}` };
    const modelId = task.runId === null ? undefined : this.#modelOfRun.get(task.runId);
    if (modelId === this.#options.modelId) return null;
    return {
      task,
      outcome: 'failed',
      code: 'model_not_loaded',
      message: `the run asks for another model than ${this.#options.modelName}, which this worker has loaded: start a new run`,
    };
  }

  async #learnModels(tasks: readonly ClaimedTask[]): Promise<void> {
    const unknown = [...new Set(tasks.flatMap((task) => (task.runId === null || this.#modelOfRun.has(task.runId) ? [] : [task.runId])))];
    if (unknown.length === 0) return;
    // Bounded: a worker that lives for years sees many runs.
    if (this.#modelOfRun.size > 10_000) this.#modelOfRun.clear();
    for (const { runId, modelId } of await this.#stores.models.ofRuns(this.#stores.db, unknown)) this.#modelOfRun.set(runId, modelId);
  }
}
