import type { Database, ImageRepository } from '@pugmark/db';
import type { ClaimedTask, TaskOutcome } from '@pugmark/domain';
import type { TaskContext } from '@pugmark/tasks';
import type { EnginePool, ImageDone, ImageOutcome, ModelRef, PoolImage } from '../engine/engine-pool';

/** One picture of one task, and the model that is to look at it. */
export interface Look {
  readonly task: ClaimedTask;
  readonly model: ModelRef;
  readonly image: PoolImage;
}

/** What of a task's own was decided before any engine looked at it, or what is to be looked at. */
export type Plan<Result> = { readonly look: Omit<Look, 'task'> } | { readonly outcome: TaskOutcome<Result> };

/** Paths of pictures, by image id. */
export async function pathsOf(
  db: Database,
  images: ImageRepository,
  ids: readonly number[],
  pathOfKey: (key: string) => string,
): Promise<Map<number, string>> {
  const files = await images.files(db, ids);
  return new Map(files.map((file) => [file.id, file.mode === 'copy' ? pathOfKey(file.location) : file.location]));
}

/**
 * Has the engines look at what the plans ask for, one call for each model, and answers for every task. A task that was cancelled while it
 * waited costs no inference.
 */
export async function lookAt<Result>(
  tasks: readonly ClaimedTask[],
  planOf: (task: ClaimedTask) => Plan<Result>,
  resultOf: (task: ClaimedTask, answer: ImageDone) => Result,
  pool: Pick<EnginePool, 'look'>,
  context: TaskContext,
): Promise<TaskOutcome<Result>[]> {
  const plans = new Map(tasks.map((task) => [task, planOf(task)]));
  const looks = tasks.flatMap((task) => {
    const plan = plans.get(task)!;
    return 'look' in plan && !context.signalOf(task).aborted ? [{ task, ...plan.look }] : [];
  });
  const answers = await byModel(looks, pool);
  return tasks.map((task) => {
    const plan = plans.get(task)!;
    return 'outcome' in plan ? plan.outcome : outcome(task, answers.get(task), resultOf);
  });
}

async function byModel(
  looks: readonly Look[],
  pool: Pick<EnginePool, 'look'>,
): Promise<Map<ClaimedTask, ImageOutcome>> {
  const keys = [...new Set(looks.map(({ model }) => model.key))];
  const answers = new Map<ClaimedTask, ImageOutcome>();
  await Promise.all(
    keys.map(async (key) => {
      const own = looks.filter(({ model }) => model.key === key);
      const found = await pool.look(
        own[0]!.model,
        own.map(({ image }) => image),
      );
      own.forEach(({ task }, index) => answers.set(task, found[index]!));
    }),
  );
  return answers;
}

function outcome<Result>(
  task: ClaimedTask,
  answer: ImageOutcome | undefined,
  resultOf: (task: ClaimedTask, answer: ImageDone) => Result,
): TaskOutcome<Result> {
  if (answer === undefined)
    return { task, outcome: 'retry', code: 'not_answered', message: 'the picture was not looked at in this attempt' };
  if (!answer.ok)
    return { task, outcome: answer.retryable ? 'retry' : 'failed', code: answer.code, message: answer.message };
  return { task, outcome: 'done', result: resultOf(task, answer) };
}

export function failed<Result>(task: ClaimedTask, code: string, message: string): Plan<Result> {
  return { outcome: { task, outcome: 'failed', code, message } };
}
