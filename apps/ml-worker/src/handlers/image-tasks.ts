import type { Database, ImageRepository } from '@pugmark/db';
import type { ClaimedTask, TaskOutcome } from '@pugmark/domain';
import type { TaskContext } from '@pugmark/tasks';
import type { EnginePool, ImageDone, ImageOutcome, ModelRef, PoolImage } from '../engine/engine-pool';

/** The image of one task, and the model to infer it with. */
export interface InferenceRequest {
  readonly task: ClaimedTask;
  readonly model: ModelRef;
  readonly image: PoolImage;
}

/** Plan for one task: an inference request, or an outcome that needs none. */
export type Plan<Result> =
  { readonly request: Omit<InferenceRequest, 'task'> } | { readonly outcome: TaskOutcome<Result> };

/** Finds the paths of images, by image id. */
export async function findPaths(
  db: Database,
  images: ImageRepository,
  ids: readonly number[],
  pathOfKey: (key: string) => string,
): Promise<Map<number, string>> {
  const files = await images.findFiles(db, ids);
  return new Map(files.map((file) => [file.id, file.mode === 'copy' ? pathOfKey(file.location) : file.location]));
}

/**
 * Runs the requested inferences, one call per model, and returns an outcome for every task. A task that was cancelled
 * while it waited costs no inference.
 */
export async function inferTasks<Result>(
  tasks: readonly ClaimedTask[],
  planOf: (task: ClaimedTask) => Plan<Result>,
  resultOf: (task: ClaimedTask, answer: ImageDone) => Result,
  pool: Pick<EnginePool, 'infer'>,
  context: TaskContext,
): Promise<TaskOutcome<Result>[]> {
  const plans = new Map(tasks.map((task) => [task, planOf(task)]));
  const requests = tasks.flatMap((task) => {
    const plan = plans.get(task)!;
    return 'request' in plan && !context.signalOf(task).aborted ? [{ task, ...plan.request }] : [];
  });
  const answers = await inferByModel(requests, pool, context.progress);
  return tasks.map((task) => {
    const plan = plans.get(task)!;
    return 'outcome' in plan ? plan.outcome : outcomeOf(task, answers.get(task), resultOf);
  });
}

async function inferByModel(
  requests: readonly InferenceRequest[],
  pool: Pick<EnginePool, 'infer'>,
  onProgress: () => void,
): Promise<Map<ClaimedTask, ImageOutcome>> {
  const keys = [...new Set(requests.map(({ model }) => model.key))];
  const answers = new Map<ClaimedTask, ImageOutcome>();
  await Promise.all(
    keys.map(async (key) => {
      const own = requests.filter(({ model }) => model.key === key);
      const found = await pool.infer(
        own[0]!.model,
        own.map(({ image }) => image),
        onProgress,
      );
      own.forEach(({ task }, index) => answers.set(task, found[index]!));
    }),
  );
  return answers;
}

function outcomeOf<Result>(
  task: ClaimedTask,
  answer: ImageOutcome | undefined,
  resultOf: (task: ClaimedTask, answer: ImageDone) => Result,
): TaskOutcome<Result> {
  if (answer === undefined)
    return {
      task,
      outcome: 'interrupted',
      code: 'not_answered',
      message: 'the image was not processed in this attempt',
    };
  if (!answer.ok) return { task, outcome: answer.outcome, code: answer.code, message: answer.message };
  return { task, outcome: 'done', result: resultOf(task, answer) };
}

export function failedPlan<Result>(task: ClaimedTask, code: string, message: string): Plan<Result> {
  return { outcome: { task, outcome: 'failed', code, message } };
}
