import { sql } from 'kysely';
import { EventRepository } from '../events/event.repository';
import { RunCountsRepository } from '../runs/run-counts.repository';
import { RunRepository } from '../runs/run.repository';
import { readImageTotals } from '../statistics/image-totals';
import { StatisticsCache } from '../statistics/statistics-cache';
import { TaskRepository } from '../tasks/task.repository';
import { Study, found } from '../testing/study.fixture';
import { deleteImages } from './delete-images';

describe('deleteImages', () => {
  let study: Study;
  let deploymentId: number;
  let images: number[];
  const events = new EventRepository();

  /** Two visits of a fox of five images each, and one image without a time. */
  beforeEach(async () => {
    study = await Study.start();
    deploymentId = await study.deployment('d', { timezone: 'UTC' });
    images = [];
    for (const hour of [6, 7])
      for (const minute of [10, 11, 12, 13, 14])
        images.push(await study.image(deploymentId, `2026-06-01T0${hour}:${minute}:00`, [found('fox')]));
    images.push(await study.image(deploymentId, null, [found('fox')]));
    await events.formStaleEvents(study.db, null);
  });
  afterEach(() => study.stop());

  const remove = (ids: readonly number[]) => study.db.transaction().execute((tx) => deleteImages(tx, ids));

  async function startRun(): Promise<void> {
    const { db, projectId, modelId } = study;
    const runs = new RunRepository();
    const id = await runs.create(db, { projectId, modelId, classify: null, priority: 0 });
    await db
      .transaction()
      .execute((tx) => runs.createTasksForImages(tx, { id, projectId, priority: 0, traceparent: null }));
  }

  async function formed(): Promise<unknown[]> {
    await events.formStaleEvents(study.db, null);
    return (
      await sql`select first_image_id, images, starts_at, ends_at from events where label = 'fox'
        order by starts_at`.execute(study.db)
    ).rows;
  }

  it.each([
    ['the first of an event', [0]],
    ['the last of an event', [4]],
    ['one in the middle, which splits nothing', [2]],
    ['a whole event', [0, 1, 2, 3, 4]],
    ['of two events', [3, 4, 5, 6]],
    ['without a time', [10]],
  ])('leaves the events as if the images had never been: %s', async (_name, chosen) => {
    await remove(chosen.map((n) => images[n]!));
    const left = await formed();
    await sql`delete from events where starts_at is not null`.execute(study.db);
    await sql`insert into stale_events (project_id, deployment_id, from_at, to_at)
      select project_id, id, '-infinity', 'infinity' from deployments`.execute(study.db);
    expect((await formed()).length).toBe(left.length);
    expect(await formed()).toEqual(left.map((event) => event));
  });

  it('deletes annotations, results, classifications and tasks, and corrects all counts', async () => {
    const { db, projectId, modelId } = study;
    await startRun();
    const { rows: done } = await sql<{ id: number }>`update tasks set state = 'done', finished_at = now()
      returning id`.execute(db);
    await db.transaction().execute((tx) =>
      new RunCountsRepository().add(
        tx,
        done.map(({ id }) => id),
      ),
    );
    await study.review(images[0]!, [{ label: 'badger' }]);
    await sql`insert into classifications (detection_id, model_id, rank, label, score, engine)
      select id, ${modelId}, 1, 'fox', 0.9, 'null' from detections`.execute(db);
    await sql`insert into ingest_files (ingest_id, path, outcome, image_id)
      select ingest_id, id || '.jpg', 'added', id from images`.execute(db);
    await remove(images.slice(0, 6));
    const counts = async (table: string) =>
      (await sql<{ count: number }>`select count(*)::int as count from ${sql.table(table)}`.execute(db)).rows[0]!.count;
    for (const table of ['images', 'image_summaries', 'observations', 'inferences', 'detections', 'tasks'])
      expect([table, await counts(table)]).toEqual([table, 5]);
    expect(await counts('reviews')).toBe(0);
    expect(await counts('classifications')).toBe(5);
    expect(await counts('ingest_files')).toBe(11);
    const { rows } = await sql`select
        (select sum(images)::int from run_counts) as results, (select sum(animals)::int from run_counts) as animals,
        (select sum(count)::int from task_counts) as tasks`.execute(db);
    expect(rows).toEqual([{ results: 5, animals: 5, tasks: 5 }]);
    expect(await readImageTotals(new StatisticsCache(db), { projectId })).toMatchObject({
      images: 5,
      animal: 5,
      reviewed: 0,
    });
  });

  it('makes a worker that holds the task of a deleted image commit nothing', async () => {
    const { db } = study;
    await startRun();
    const tasks = new TaskRepository(db);
    const { id } = await db
      .selectFrom('tasks')
      .select('id')
      .where('subject_id', '=', images[0]!)
      .executeTakeFirstOrThrow();
    const [task] = await tasks.claim('detect', [{ id, attempt: 1 }], 'test');
    await remove([images[0]!]);
    const written = jest.fn();
    expect(await tasks.commit([{ task: task!, outcome: 'done', result: null }], written)).toEqual([]);
    expect(written).not.toHaveBeenCalled();
  });
});
