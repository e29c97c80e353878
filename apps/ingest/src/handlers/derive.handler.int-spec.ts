import { sql } from 'kysely';
import {
  BulkChangeRepository,
  DeploymentRepository,
  ImageRepository,
  ReviewRepository,
  TaxonRepository,
  type BulkChangeKind,
  type Database,
  type TaskRepository,
} from '@pugmark/db';
import type { TaskOutcome } from '@pugmark/domain';
import type { BulkChangeSteps } from '../bulk-changes/bulk-change-steps';
import { deriveDeploymentTimes } from '../bulk-changes/derive-deployment-times';
import { deriveTaxon } from '../bulk-changes/derive-taxon';
import { TestStudy, taskContext } from '../testing/test-study.fixture';
import { DeriveHandler } from './derive.handler';

const HOUR = 3_600;

describe('DeriveHandler', () => {
  const images = new ImageRepository();
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

  async function requested(kind: BulkChangeKind, subjectId: number): Promise<number> {
    return db.transaction().execute(async (tx) => {
      const id = await bulkChanges.create(tx, { kind, projectId, subjectId, total: 1, requestedBy: 'ranger' });
      await tasks.create(tx, { kind: 'derive', subjectId: id });
      return id;
    });
  }

  const claim = (changeId: number) => study.claim('derive', changeId);

  /** Steps of few images, with something that happens before each of them. */
  function handler(beforeStep: (step: number) => Promise<unknown> = () => Promise.resolve()): DeriveHandler {
    let steps = 0;
    const small = (real: BulkChangeSteps): BulkChangeSteps => ({
      lock: (tx, change) => real.lock(tx, change),
      list: (tx, change, afterId) => real.list(tx, change, afterId, 10),
      apply: async (tx, change, ids) => {
        await real.apply(tx, change, ids);
        await beforeStep(++steps);
      },
    });
    return new DeriveHandler(
      { db, tasks, bulkChanges },
      {
        deployment_times: small(deriveDeploymentTimes(images)),
        taxon: small(deriveTaxon(images, new ReviewRepository())),
      },
    );
  }

  async function run(changeId: number): Promise<TaskOutcome<null>[]> {
    const outcomes = await handler().handle([await claim(changeId)], taskContext());
    await tasks.commit(outcomes, () => Promise.resolve());
    return outcomes;
  }

  const hours = async (): Promise<Record<string, number>> => {
    const { rows } = await sql<{ hour: string; count: number }>`
      select concat(extract(hour from i.captured_at at time zone 'UTC'), '/', s.local_hour) as hour, count(*)
      from images i join image_summaries s on s.image_id = i.id and s.captured_at = i.captured_at
      where i.deployment_id = ${deploymentId} group by 1`.execute(db);
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
      const killed = handler(() => (++applied === 2 ? Promise.reject(new Error('killed')) : Promise.resolve()));
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
    const outcomes = await handler(() => Promise.resolve(draining.abort())).handle(
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
    // Between two steps: within one, the cancellation waits for its transaction.
    let cancelling: Promise<unknown> = Promise.resolve();
    const cancelled = handler((step) => {
      if (step === 1) cancelling = tasks.cancel(db, 'derive', id);
      return Promise.resolve();
    });
    const outcomes = cancelled.handle([task], taskContext());
    await expect(outcomes).rejects.toMatchObject({ code: 'attempt_lost' });
    await cancelling;
    const { done } = (await bulkChanges.find(db, id))!;
    expect(done).toBeLessThan(25);
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
    const outcomes = await handler((step) => {
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

  it('fails permanently when the change does not exist', async () => {
    const claimed = await claim(await requested('deployment_times', deploymentId));
    const task = { ...claimed, subjectId: 999_999 };
    await expect(handler().handle([task], taskContext())).rejects.toMatchObject({ code: 'bulk_change_missing' });
  });
});
