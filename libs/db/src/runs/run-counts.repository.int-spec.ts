import { sql } from 'kysely';
import { countTasks, summariseRun } from './run-progress';
import { Study, found } from '../testing/study.fixture';
import { DetectionRepository } from '../inferences/detection.repository';
import { RunCountsRepository } from './run-counts.repository';
import { RunRepository } from './run.repository';
import { TaskRepository } from '../tasks/task.repository';

describe('counts of tasks and of the results of runs', () => {
  let study: Study;
  let tasks: TaskRepository;
  let runId: number;
  const runCounts = new RunCountsRepository();

  beforeEach(async () => {
    study = await Study.start();
    tasks = new TaskRepository(study.db);
    for (let n = 0; n < 40; n += 1) await study.image(null, null);
    const runs = new RunRepository();
    runId = await runs.create(study.db, {
      projectId: study.projectId,
      modelId: study.modelId,
      classify: null,
      priority: 0,
    });
    await study.db
      .transaction()
      .execute((tx) =>
        runs.createTasksForImages(tx, { id: runId, projectId: study.projectId, priority: 0, traceparent: null }),
      );
  });
  afterEach(() => study.stop());

  /** Sums of `task_counts`, and the counted tasks. */
  async function compared(): Promise<unknown> {
    const { rows } = await sql`
      select * from (select kind, coalesce(run_id, 0) as run_id, state, sum(count)::int as n from task_counts
        group by 1, 2, 3 having sum(count) <> 0) c
      full join (select kind, coalesce(run_id, 0) as run_id, state, count(*)::int as n from tasks
        group by 1, 2, 3) t using (kind, run_id, state) where c.n is distinct from t.n`.execute(study.db);
    return rows;
  }

  async function finish(subjects: number): Promise<void> {
    const notifications = (
      await study.db
        .selectFrom('tasks')
        .select(['id', 'attempt'])
        .where('state', '=', 'waiting')
        .orderBy('id')
        .limit(subjects)
        .execute()
    ).map(({ id, attempt }) => ({ id, attempt: attempt + 1 }));
    const claimed = await tasks.claim('detect', notifications, 'w');
    const outcomes = claimed.map((task) => {
      const detections = task.subjectId % 2 === 0 ? [found('deer'), found('man', 0.8, 'person')] : [found('deer', 0.2)];
      const result = {
        imageId: task.subjectId,
        modelId: study.modelId,
        engine: 'null',
        warning: null,
        decodeMs: 1,
        inferMs: 1,
        detections,
      };
      return { task, outcome: 'done' as const, result };
    });
    await tasks.commit(outcomes, async (tx, done) => {
      await new DetectionRepository().insertNew(
        tx,
        done.map(({ result }) => result),
      );
      await runCounts.add(
        tx,
        done.map(({ task }) => task.id),
      );
    });
  }

  it('follow every change of tasks, by any statement, and a rollback', async () => {
    expect(await countTasks(study.db, { runId })).toMatchObject({ waiting: 40, done: 0 });
    await tasks.markDue('detect', 100, 10);
    await finish(7);
    expect(await countTasks(study.db, { runId })).toMatchObject({ waiting: 23, queued: 10, done: 7 });
    await tasks.cancel(study.db, 'detect', 40);
    await sql`delete from tasks where subject_id = 39`.execute(study.db);
    await sql`update tasks set run_id = null where subject_id = 38`.execute(study.db);
    const rolledBack = study.db.transaction().execute(async (tx) => {
      await sql`delete from tasks`.execute(tx);
      throw new Error('rolled back');
    });
    await expect(rolledBack).rejects.toThrow('rolled back');
    expect(await compared()).toEqual([]);
    await sql`truncate tasks`.execute(study.db);
    expect(await countTasks(study.db, { kind: 'detect' })).toMatchObject({
      waiting: 0,
      queued: 0,
      done: 0,
      cancelled: 0,
    });
  });

  it('are not changed by compaction, while others write', async () => {
    for (let n = 0; n < 20; n += 1)
      await Promise.all([finish(2), runCounts.compact(study.db), runCounts.compact(study.db)]);
    await runCounts.compact(study.db);
    expect(await compared()).toEqual([]);
    expect(await summariseRun(study.db, runId)).toEqual({
      images: 40,
      blanks: 20,
      animals: 20,
      people: 20,
      vehicles: 0,
      failed: 0,
      truncated: 0,
      engines: ['null'],
    });
    expect((await study.db.selectFrom('run_counts').selectAll().execute()).length).toBeLessThan(20);
    expect((await study.db.selectFrom('task_counts').selectAll().execute()).length).toBeLessThan(60);
  });

  it('of a run whose model had processed the images before are those of its own images', async () => {
    await finish(40);
    const runs = new RunRepository();
    const again = await runs.create(study.db, {
      projectId: study.projectId,
      modelId: study.modelId,
      classify: null,
      priority: 0,
    });
    await study.db
      .transaction()
      .execute((tx) =>
        runs.createTasksForImages(
          tx,
          { id: again, projectId: study.projectId, priority: 0, traceparent: null },
          { category: 'person' },
        ),
      );
    await finish(20);
    expect(await summariseRun(study.db, again)).toMatchObject({ images: 20, animals: 20, people: 20, blanks: 0 });
    expect(await summariseRun(study.db, runId)).toMatchObject({ images: 40, animals: 20 });
  });
});
