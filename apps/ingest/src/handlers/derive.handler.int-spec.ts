import { sql } from 'kysely';
import {
  BulkChangeRepository,
  DeploymentRepository,
  TaxonRepository,
  type BulkChangeKind,
  type BulkChangeParameters,
  type Database,
  type TaskRepository,
} from '@pugmark/db';
import type { TaskOutcome } from '@pugmark/domain';
import { waitUntil } from '@pugmark/testing';
import { deriveHandler, requestBulkChange } from '../testing/derive-handler.fixture';
import { TestStudy, taskContext } from '../testing/test-study.fixture';

const HOUR = 3_600;

describe('DeriveHandler', () => {
  const bulkChanges = new BulkChangeRepository();
  let study: TestStudy;
  let db: Database;
  let tasks: TaskRepository;
  let projectId: number;
  let deploymentId: number;
  beforeAll(async () => {
    study = await TestStudy.start();
    ({ db, tasks } = study);
  });
  afterAll(() => study.stop());
  beforeEach(async () => {
    projectId = await study.project();
    deploymentId = await study.deployment(projectId);
  });

  const addImages = (count: number) => study.addImages(projectId, deploymentId, count);
  const setOffset = (seconds: number) =>
    db
      .transaction()
      .execute((tx) => new DeploymentRepository().update(tx, deploymentId, { clock_offset_seconds: seconds }));

  const requested = (kind: BulkChangeKind, subjectId: number | null, parameters: BulkChangeParameters = {}) =>
    requestBulkChange(study, { kind, projectId, subjectId, parameters });

  const claim = (changeId: number) => study.claim('derive', changeId);

  async function run(changeId: number): Promise<TaskOutcome<null>[]> {
    const outcomes = await deriveHandler(study).handle([await claim(changeId)], taskContext());
    await tasks.commit(outcomes, () => Promise.resolve());
    return outcomes;
  }

  const hours = async (deployment = deploymentId): Promise<Record<string, number>> => {
    const { rows } = await sql<{ hour: string; count: number }>`
      select concat(extract(hour from i.captured_at at time zone 'UTC'), '/', s.local_hour) as hour, count(*)
      from images i join image_summaries s on s.image_id = i.id and s.captured_at = i.captured_at
      where i.deployment_id = ${deployment} group by 1`.execute(db);
    return Object.fromEntries(rows.map(({ hour, count }) => [hour, count]));
  };

  it('derives the times of all images of a deployment, and what follows from them', async () => {
    await addImages(25);
    await setOffset(HOUR);
    const id = await requested('deployment_times', deploymentId);
    expect(await hours()).toEqual({ '6/6': 25 });
    expect(await run(id)).toMatchObject([{ outcome: 'done' }]);
    expect(await hours()).toEqual({ '7/7': 25 });
    expect(await bulkChanges.find(db, id)).toMatchObject({ done: 25, task_state: 'done' });
  });

  it('resumes where it was killed, without repeating a step', async () => {
    await addImages(35);
    await setOffset(HOUR);
    const id = await requested('deployment_times', deploymentId);
    for (const expected of [10, 20]) {
      const task = await claim(id);
      let applied = 0;
      const killed = deriveHandler(study, () =>
        ++applied === 2 ? Promise.reject(new Error('killed')) : Promise.resolve(),
      );
      await expect(killed.handle([task], taskContext())).rejects.toThrow('killed');
      expect(await hours()).toEqual({ '7/7': expected, '6/6': 35 - expected });
      expect(await bulkChanges.find(db, id)).toMatchObject({ done: expected });
      await tasks.commit([{ task, outcome: 'interrupted', code: 'x', message: 'x' }], () => Promise.resolve());
    }
    await run(id);
    expect(await hours()).toEqual({ '7/7': 35 });
    expect(await bulkChanges.find(db, id)).toMatchObject({ done: 35 });
  });

  it('stops between steps when the service drains', async () => {
    await addImages(25);
    await setOffset(HOUR);
    const id = await requested('deployment_times', deploymentId);
    const draining = new AbortController();
    const outcomes = await deriveHandler(study, () => Promise.resolve(draining.abort())).handle(
      [await claim(id)],
      taskContext(draining.signal),
    );
    expect(outcomes).toMatchObject([{ outcome: 'interrupted' }]);
    expect(await hours()).toEqual({ '7/7': 10, '6/6': 15 });
  });

  it('changes nothing more once it was cancelled, and continues when it is retried', async () => {
    await addImages(25);
    await setOffset(HOUR);
    const id = await requested('deployment_times', deploymentId);
    const task = await claim(id);
    // It waits for the transaction of the step.
    let cancelling: Promise<unknown> = Promise.resolve();
    const cancelled = deriveHandler(study, async (step) => {
      if (step > 1) return;
      cancelling = tasks.cancel(db, 'derive', id);
      await waitUntil('the cancellation to wait', async () => (await study.waiting('transactionid')) > 0);
    });
    const outcomes = cancelled.handle([task], taskContext());
    await expect(outcomes).rejects.toMatchObject({ code: 'attempt_lost' });
    await cancelling;
    const { done } = (await bulkChanges.find(db, id))!;
    expect(done).toBe(10);
    expect(await hours()).toEqual({ '7/7': done, '6/6': 25 - done });
    await tasks.restart(db, 'derive', id);
    await run(id);
    expect(await hours()).toEqual({ '7/7': 25 });
  });

  it('derives images that came while it was under way', async () => {
    await addImages(25);
    await setOffset(HOUR);
    const id = await requested('deployment_times', deploymentId);
    let came: Promise<unknown> = Promise.resolve();
    const outcomes = await deriveHandler(study, (step) => {
      // It waits for the share lock of nobody: both only read the deployment.
      if (step === 1) came = addImages(5);
      return Promise.resolve();
    }).handle([await claim(id)], taskContext());
    await came;
    expect(outcomes).toMatchObject([{ outcome: 'done' }]);
    expect(await hours()).toEqual({ '7/7': 30 });
  });

  it('derives the observations of a taxon that was renamed', async () => {
    await addImages(25);
    const taxa = new TaxonRepository();
    const fox = (await taxa.create(db, {
      projectId,
      scientificName: 'Vulpes vulpse',
      commonName: null,
      category: 'animal',
      rank: null,
    }))!;
    const observed = [{ category: 'animal', label: fox.scientific_name, individuals: 1, taxonId: fox.id, box: null }];
    await sql`insert into reviews (project_id, image_id, action, observations, reviewer)
      select project_id, id, 'set', ${JSON.stringify(observed)}::jsonb, 'x' from images
      where project_id = ${projectId} and id % 2 = 0`.execute(db);
    const labels = async (): Promise<{ label: string; count: number }[]> =>
      (
        await sql<{ label: string; count: number }>`select label, count(*)::int as count from observations
          where project_id = ${projectId} group by label`.execute(db)
      ).rows;
    const change = async (): Promise<void> => {
      const id = await requested('taxon', fox.id);
      await run(id);
    };
    await change();
    const { count } = (await labels())[0]!;
    expect([12, 13]).toContain(count);
    await db.transaction().execute((tx) => taxa.update(tx, fox, { scientificName: 'Vulpes vulpes' }));
    await change();
    expect(await labels()).toEqual([{ label: 'Vulpes vulpes', count }]);
  });

  it('moves images to another deployment, whose clock then applies to them', async () => {
    const [moved] = [await addImages(25), await addImages(5)];
    await setOffset(HOUR);
    const target = await study.deployment(projectId);
    await db
      .updateTable('deployments')
      .set({ clock_offset_seconds: 3 * HOUR })
      .where('id', '=', target)
      .execute();
    const selection = { imageIds: moved };
    await run(await requested('move_images', null, { selection, toDeploymentId: target }));
    expect(await hours()).toEqual({ '6/6': 5 });
    expect(await hours(target)).toEqual({ '9/9': 25 });
    await run(await requested('move_images', null, { selection: { deploymentId: target }, toDeploymentId: null }));
    expect(await hours(target)).toEqual({});
    const { count } = await db
      .selectFrom('image_summaries')
      .select(({ fn }) => fn.countAll<number>().as('count'))
      .where('project_id', '=', projectId)
      .where('deployment_id', 'is', null)
      .where('captured_at', 'is', null)
      .executeTakeFirstOrThrow();
    expect(count).toBe(25);
  });

  it('fails permanently when the change does not exist', async () => {
    const claimed = await claim(await requested('deployment_times', deploymentId));
    const task = { ...claimed, subjectId: 999_999 };
    await expect(deriveHandler(study).handle([task], taskContext())).rejects.toMatchObject({
      code: 'bulk_change_missing',
    });
  });
});
