import { sql } from 'kysely';
import {
  BulkChangeRepository,
  DeploymentRepository,
  ImageRepository,
  ReviewRepository,
  TaskRepository,
  TaxonRepository,
  createDatabase,
  migrate,
  type BulkChangeKind,
  type Database,
} from '@pugmark/db';
import type { ClaimedTask, TaskOutcome } from '@pugmark/domain';
import { createTestDatabase, type TestDatabase } from '@pugmark/testing';
import type { BulkChangeSteps } from '../bulk-changes/bulk-change-steps';
import { deriveDeploymentTimes } from '../bulk-changes/derive-deployment-times';
import { deriveTaxon } from '../bulk-changes/derive-taxon';
import { DeriveHandler } from './derive.handler';

const HOUR = 3_600;

describe('DeriveHandler', () => {
  const images = new ImageRepository();
  const bulkChanges = new BulkChangeRepository();
  let server: TestDatabase;
  let db: Database;
  let tasks: TaskRepository;
  let projectId: number;
  let deploymentId: number;
  let ingestId: number;
  let projects = 0;

  beforeAll(async () => {
    server = await createTestDatabase(migrate);
    db = createDatabase({ url: server.url, applicationName: 'derive-test' });
    tasks = new TaskRepository(db);
  });
  afterAll(async () => {
    await db.destroy();
    await server.drop();
  });
  beforeEach(async () => {
    ({ id: projectId } = await db
      .insertInto('projects')
      .values({ name: `P${++projects}` })
      .returning('id')
      .executeTakeFirstOrThrow());
    ({ id: deploymentId } = (await new DeploymentRepository().create(db, {
      project_id: projectId,
      name: 'D',
      timezone: 'UTC',
    }))!);
    ({ id: ingestId } = await db
      .insertInto('ingests')
      .values({ project_id: projectId, deployment_id: deploymentId, source: 'folder', mode: 'reference', folder: '/c' })
      .returning('id')
      .executeTakeFirstOrThrow());
  });

  async function addImages(count: number): Promise<void> {
    const sha256 = (n: number): Buffer => Buffer.from(`${projectId} ${n} ${Math.random()}`);
    await db.transaction().execute((tx) =>
      images.insertNew(
        tx,
        { projectId, deploymentId, ingestId, mode: 'reference' },
        Array.from({ length: count }, (_, n) => ({
          sha256: sha256(n),
          location: `/c/${n}.jpg`,
          filePath: `${n}.jpg`,
          format: 'jpeg',
          bytes: 1,
          width: 1,
          height: 1,
          capturedLocal: '2026-06-01T06:00:00',
          cameraMake: null,
          cameraModel: null,
          cameraSerial: null,
          latitude: null,
          longitude: null,
        })),
      ),
    );
  }

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

  async function claim(changeId: number): Promise<ClaimedTask> {
    const { id, attempt } = await db
      .selectFrom('tasks')
      .select(['id', 'attempt'])
      .where('kind', '=', 'derive')
      .where('subject_id', '=', changeId)
      .executeTakeFirstOrThrow();
    const [task] = await tasks.claim('derive', [{ id, attempt: attempt + 1 }], 'test');
    if (task === undefined) throw new Error('not claimed');
    return task;
  }

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

  const context = (draining = new AbortController().signal, lost = new AbortController().signal) => ({
    signalOf: () => lost,
    draining,
    progress: () => undefined,
  });

  async function run(changeId: number): Promise<TaskOutcome<null>[]> {
    const outcomes = await handler().handle([await claim(changeId)], context());
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
      await expect(killed.handle([task], context())).rejects.toThrow('killed');
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
      context(draining.signal),
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
    const outcomes = cancelled.handle([task], context());
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
    }).handle([await claim(id)], context());
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
    const labels = async () =>
      (
        await sql<{ label: string; count: number }>`select label, count(*)::int as count from observations
          where project_id = ${projectId} group by label`.execute(db)
      ).rows;
    const change = async (): Promise<void> => {
      const id = await requested('taxon', fox.id);
      await run(id);
    };
    await change();
    const [{ count }] = (await labels()) as [{ count: number }];
    expect([12, 13]).toContain(count);
    await db.transaction().execute((tx) => taxa.update(tx, fox, { scientificName: 'Vulpes vulpes' }));
    await change();
    expect(await labels()).toEqual([{ label: 'Vulpes vulpes', count }]);
  });

  it('fails permanently when the change does not exist', async () => {
    const task = { ...(await claimed()), subjectId: 999_999 };
    await expect(handler().handle([task], context())).rejects.toMatchObject({ code: 'bulk_change_missing' });
  });

  async function claimed(): Promise<ClaimedTask> {
    return claim(await requested('deployment_times', deploymentId));
  }
});
