import { ImageRepository } from '@pugmark/db';
import { waitUntil } from '@pugmark/testing';
import { sql } from 'kysely';
import { TestGateway, animal } from '../../testing/gateway.fixture';

describe('runs', () => {
  let gateway: TestGateway;
  let projectId: number;
  let modelId: number;
  beforeAll(async () => {
    gateway = await TestGateway.start();
    projectId = await gateway.project();
  });
  afterAll(() => gateway.stop());

  it('requires a registered model', async () => {
    await gateway.images(projectId, ['0.jpg']);
    const answer = await gateway.post('/runs', { projectId });
    expect(answer).toMatchObject({ status: 503, body: { type: 'urn:pugmark:problem:model_not_registered' } });
    modelId = (await gateway.model()).id;
  });

  it('processes the existing images of a project, and reports progress to the end', async () => {
    const id = await gateway.project();
    const { ids } = await gateway.images(id, ['1.jpg', '2.jpg', '3.jpg']);
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    const created = await gateway.post('/runs', { projectId: id, priority: 5 }, { traceparent });
    expect(created.status).toBe(202);
    const runId = created.body.id;
    expect(created.headers.get('location')).toBe(`/api/v1/runs/${runId}`);
    const tasks = await gateway.db.selectFrom('tasks').selectAll().where('run_id', '=', runId).execute();
    expect(tasks.map((task) => task.subject_id).sort()).toEqual([...ids].sort());
    expect(tasks[0]).toMatchObject({ kind: 'detect', priority: 5, traceparent });
    expect(created.body).toEqual({
      id: runId,
      projectId: id,
      model: { name: 'test-model', version: '1.0.0' },
      classify: null,
      priority: 5,
      state: 'active',
      counts: { total: 3, waiting: 3, queued: 0, running: 0, done: 0, failed: 0, cancelled: 0 },
      summary: { images: 3, blanks: 0, animals: 0, people: 0, vehicles: 0, failed: 0, truncated: 0 },
      engines: [],
      ratePerMinute: 0,
      etaSeconds: null,
      createdAt: expect.any(String),
    });

    const [bear, blank, broken] = ids as [number, number, number];
    await gateway.detections(bear, modelId, [animal(0.9)], 'truncated');
    await gateway.detections(blank, modelId, [animal(0.2)]);
    await gateway.finish('detect', [bear, blank]);
    const halfway = (await gateway.get(`/runs/${runId}`)).body;
    expect(halfway).toMatchObject({ state: 'active', counts: { waiting: 1, done: 2 } });
    expect(halfway.ratePerMinute).toBeGreaterThan(0);
    expect(halfway.etaSeconds).toEqual(expect.any(Number));

    await gateway.finish('detect', [broken], { code: 'decode_failed', message: 'not an image' });
    const done = (await gateway.get(`/runs/${runId}`)).body;
    expect(done).toMatchObject({
      state: 'done',
      counts: { total: 3, done: 2, failed: 1 },
      summary: { images: 3, blanks: 1, animals: 1, failed: 1, truncated: 1 },
      engines: ['null'],
      etaSeconds: 0,
    });
    expect((await gateway.post(`/runs/${runId}/cancel`)).status).toBe(409);
    const { items } = (await gateway.get(`/runs?projectId=${id}`)).body;
    expect(items).toEqual([
      {
        id: runId,
        projectId: id,
        model: done.model,
        classify: null,
        priority: 5,
        state: 'done',
        counts: done.counts,
        createdAt: done.createdAt,
      },
    ]);

    expect((await gateway.get(`/processing/status?runId=${runId}`)).body).toMatchObject({
      processing: 0,
      pending: 0,
      completed: 2,
      failed: 1,
      etaSeconds: 0,
    });
  });

  it('processes one deployment only', async () => {
    const id = await gateway.project();
    const deploymentId = await gateway.deployment(id);
    await gateway.images(id, ['1.jpg', '2.jpg'], { deploymentId });
    await gateway.images(id, ['3.jpg']);
    expect((await gateway.post('/runs', { projectId: id, deploymentId })).body.counts.total).toBe(2);
    expect(
      (await gateway.post('/runs', { projectId: id, filter: { deploymentId, status: 'pending' } })).body.counts.total,
    ).toBe(2);
    expect(
      (
        await gateway.post('/runs', {
          projectId: id,
          filter: { category: 'animal', capturedFrom: '2026-01-01T00:00:00Z' },
        })
      ).body,
    ).toMatchObject({ status: 422, type: 'urn:pugmark:problem:no_images' });
    expect((await gateway.post('/runs', { projectId: id, filter: { hourFrom: 24 } })).body).toMatchObject({
      status: 400,
      errors: [{ field: 'filter.hourFrom' }],
    });
    expect((await gateway.post('/runs', { projectId: id, filter: { eventId: 999_999 } })).body).toMatchObject({
      status: 422,
      type: 'urn:pugmark:problem:event_missing',
    });
  });

  it('stays active while its ingest may still add images', async () => {
    const id = await gateway.project();
    const runId = await gateway.run(id, modelId);
    const { ingestId, ids } = await gateway.images(id, ['1.jpg'], { runId });
    await gateway.finish('detect', ids);
    expect((await gateway.get(`/runs/${runId}`)).body).toMatchObject({
      state: 'active',
      counts: { total: 1, done: 1 },
    });
    await gateway.finish('scan', [ingestId]);
    expect((await gateway.get(`/runs/${runId}`)).body.state).toBe('done');
  });

  it('is cancelled, also twice', async () => {
    const id = await gateway.project();
    const { ids } = await gateway.images(id, ['1.jpg', '2.jpg']);
    const runId = (await gateway.post('/runs', { projectId: id })).body.id;
    await gateway.finish('detect', ids.slice(0, 1));
    expect(await gateway.post(`/runs/${runId}/cancel`)).toMatchObject({
      status: 202,
      body: { state: 'cancelled', counts: { done: 1, cancelled: 1, waiting: 0 } },
    });
    expect((await gateway.post(`/runs/${runId}/cancel`)).status).toBe(202);
    expect((await gateway.post('/runs/999999/cancel')).status).toBe(404);
  });

  describe('control', () => {
    let id: number;
    let runId: number;
    let ids: number[];
    beforeEach(async () => {
      id = await gateway.project();
      ({ ids } = await gateway.images(id, ['1.jpg', '2.jpg', '3.jpg']));
      runId = (await gateway.post('/runs', { projectId: id })).body.id;
    });

    const problem = (type: string) => ({ status: 409, body: { type: `urn:pugmark:problem:${type}` } });
    const end = () => gateway.finish('detect', ids);

    it('is paused, also twice: nothing more can be claimed, running work is finished, and there is no estimated end', async () => {
      const [running] = await gateway.claim('detect', ids.slice(0, 1));
      expect(await gateway.post(`/runs/${runId}/pause`)).toMatchObject({
        status: 202,
        body: { state: 'paused', counts: { waiting: 2, running: 1 }, etaSeconds: null },
      });
      expect((await gateway.post(`/runs/${runId}/pause`)).status).toBe(202);
      await gateway.repositories.tasks.commit([{ task: running!, outcome: 'done', result: null }], () =>
        Promise.resolve(),
      );
      expect(await gateway.claim('detect', ids)).toEqual([]);
      expect((await gateway.get(`/runs/${runId}`)).body).toMatchObject({
        state: 'paused',
        counts: { waiting: 2, done: 1 },
        ratePerMinute: expect.any(Number),
        etaSeconds: null,
      });
      expect((await gateway.get(`/processing/status?runId=${runId}`)).body).toMatchObject({
        pending: 2,
        completed: 1,
        etaSeconds: null,
      });
      expect((await gateway.get(`/runs?projectId=${id}`)).body.items).toMatchObject([{ id: runId, state: 'paused' }]);
    });

    it('is resumed, also twice, to its end', async () => {
      await gateway.post(`/runs/${runId}/pause`);
      expect(await gateway.post(`/runs/${runId}/resume`)).toMatchObject({
        status: 202,
        body: { state: 'active', counts: { waiting: 3 } },
      });
      expect((await gateway.post(`/runs/${runId}/resume`)).status).toBe(202);
      await end();
      expect((await gateway.get(`/runs/${runId}`)).body).toMatchObject({ state: 'done', counts: { done: 3 } });
      expect(await gateway.post(`/runs/${runId}/resume`)).toMatchObject({ status: 202, body: { state: 'done' } });
      expect(await gateway.post(`/runs/${runId}/pause`)).toMatchObject(problem('already_done'));
    });

    it('counts as done what ended while it was paused, and as cancelled what was cancelled then', async () => {
      const claimed = await gateway.claim('detect', ids);
      await gateway.post(`/runs/${runId}/pause`);
      await gateway.repositories.tasks.commit(
        claimed.map((task) => ({ task, outcome: 'done', result: null })),
        () => Promise.resolve(),
      );
      expect((await gateway.get(`/runs/${runId}`)).body.state).toBe('done');

      const other = (await gateway.post('/runs', { projectId: id })).body.id;
      await gateway.post(`/runs/${other}/pause`);
      expect(await gateway.post(`/runs/${other}/cancel`)).toMatchObject({
        status: 202,
        body: { state: 'cancelled', counts: { cancelled: 3, waiting: 0 } },
      });
      for (const what of ['pause', 'retry'])
        expect(await gateway.post(`/runs/${other}/${what}`)).toMatchObject(problem('cancelled'));
      expect(await gateway.post(`/runs/${other}/resume`)).toMatchObject({ status: 202, body: { state: 'cancelled' } });
    });

    it('lets an ingest continue that adds to a paused run, and pauses what it adds', async () => {
      const growing = await gateway.run(id, modelId);
      await gateway.images(id, ['4.jpg'], { runId: growing });
      await gateway.post(`/runs/${growing}/pause`);
      const { ingestId, ids: more } = await gateway.images(id, ['5.jpg'], { runId: growing });
      await gateway.finish('scan', [ingestId]);
      expect(await gateway.claim('detect', more)).toEqual([]);
      expect((await gateway.get(`/runs/${growing}`)).body).toMatchObject({ state: 'paused', counts: { waiting: 2 } });
    });

    it('retries failed images: their error is cleared until they fail again, and the run is active', async () => {
      expect(await gateway.post(`/runs/${runId}/retry`)).toMatchObject(problem('no_failed_images'));
      await gateway.finish('detect', ids.slice(0, 2), { code: 'file_missing', message: 'the file is missing' });
      await gateway.finish('detect', ids.slice(2));
      expect((await gateway.get(`/runs/${runId}`)).body).toMatchObject({
        state: 'done',
        counts: { failed: 2, done: 1 },
      });
      const failure = async () =>
        (await gateway.get(`/images?projectId=${id}&runId=${runId}`)).body.items.map(
          (image: { failure: { code: string } | null }) => image.failure?.code ?? null,
        );
      expect(await failure()).toEqual(['file_missing', 'file_missing', null]);

      expect(await gateway.post(`/runs/${runId}/retry`)).toMatchObject({
        status: 202,
        body: { state: 'active', counts: { waiting: 2, failed: 0, done: 1 }, summary: { failed: 0 } },
      });
      expect(await failure()).toEqual([null, null, null]);
      await gateway.finish('detect', ids.slice(0, 1));
      await gateway.finish('detect', ids.slice(1, 2), { code: 'decode_failed', message: 'not an image' });
      expect((await gateway.get(`/runs/${runId}`)).body).toMatchObject({
        state: 'done',
        counts: { failed: 1, done: 2 },
      });
      expect(await failure()).toEqual([null, 'decode_failed', null]);
    });

    it('stays paused when its failed images are retried, unless it was done', async () => {
      await gateway.finish('detect', ids.slice(0, 1), { code: 'file_missing', message: 'the file is missing' });
      const rest = await gateway.claim('detect', ids.slice(1));
      await gateway.post(`/runs/${runId}/pause`);
      expect((await gateway.post(`/runs/${runId}/retry`)).body).toMatchObject({
        state: 'paused',
        counts: { waiting: 1, running: 2 },
      });
      expect(await gateway.claim('detect', ids.slice(0, 1))).toEqual([]);
      await gateway.post(`/runs/${runId}/resume`);
      const [first] = await gateway.claim('detect', ids.slice(0, 1));
      await gateway.post(`/runs/${runId}/pause`);
      await gateway.repositories.tasks.commit(
        [...rest, first!].map((task) => ({ task, outcome: 'failed', code: 'broken', message: 'broken' })),
        () => Promise.resolve(),
      );
      expect((await gateway.get(`/runs/${runId}`)).body.state).toBe('done');
      expect((await gateway.post(`/runs/${runId}/retry`)).body).toMatchObject({
        state: 'active',
        counts: { waiting: 3, failed: 0 },
      });
    });

    it('changes its priority until it has ended', async () => {
      expect(await gateway.patch(`/runs/${runId}`, { priority: 50 })).toMatchObject({
        status: 200,
        body: { id: runId, priority: 50, state: 'active' },
      });
      const tasks = await gateway.db.selectFrom('tasks').select('priority').where('run_id', '=', runId).execute();
      expect(tasks.map(({ priority }) => priority)).toEqual([50, 50, 50]);
      for (const wrong of [
        {},
        { priority: 101 },
        { priority: -101 },
        { priority: '5' },
        { priority: null },
        { priority: 1, state: 'paused' },
      ]) {
        expect([wrong, (await gateway.patch(`/runs/${runId}`, wrong)).status]).toEqual([wrong, 400]);
      }
      await end();
      expect(await gateway.patch(`/runs/${runId}`, { priority: 1 })).toMatchObject(problem('already_done'));
      const other = (await gateway.post('/runs', { projectId: id })).body.id;
      await gateway.post(`/runs/${other}/cancel`);
      expect(await gateway.patch(`/runs/${other}`, { priority: 1 })).toMatchObject(problem('cancelled'));
    });

    it('answers 404 for a missing run', async () => {
      for (const what of ['pause', 'resume', 'retry'])
        expect((await gateway.post(`/runs/999999/${what}`)).status).toBe(404);
      expect((await gateway.patch('/runs/999999', { priority: 1 })).status).toBe(404);
    });

    it('has no estimated end while all remaining work is paused', async () => {
      const waiting = await gateway.db
        .selectFrom('tasks')
        .select('run_id')
        .distinct()
        .where('state', '=', 'waiting')
        .where('kind', '=', 'detect')
        .execute();
      for (const { run_id } of waiting) if (run_id !== null) await gateway.post(`/runs/${run_id}/pause`);
      await gateway.db
        .updateTable('tasks')
        .set({ state: 'cancelled', finished_at: new Date() })
        .where('state', '=', 'running')
        .execute();
      const { pending, etaSeconds } = (await gateway.get('/processing/status')).body;
      expect([pending > 0, etaSeconds]).toEqual([true, null]);
      await gateway.post(`/runs/${runId}/resume`);
      await gateway.finish('detect', ids.slice(0, 1));
      expect((await gateway.get('/processing/status')).body.etaSeconds).toEqual(expect.any(Number));
    });
  });

  it('cancels also what an ingest is adding concurrently', async () => {
    const id = await gateway.project();
    const runId = await gateway.run(id, modelId);
    const { ids } = await gateway.images(id, ['1.jpg'], {});
    let cancelling: Promise<unknown> = Promise.resolve();
    await gateway.db.transaction().execute(async (tx) => {
      await gateway.repositories.tasks.create(tx, { kind: 'scan', subjectId: 999_001, runId });
      await new ImageRepository().createDetectTasks(tx, { id: runId, traceparent: null }, ids);
      cancelling = gateway.post(`/runs/${runId}/cancel`);
      await waitUntil('the cancellation to wait for this transaction', async () => {
        const { rows } = await sql`select 1 from pg_stat_activity
          where datname = current_database() and wait_event_type = 'Lock'`.execute(gateway.db);
        return rows.length > 0;
      });
    });
    await cancelling;
    expect((await gateway.get(`/runs/${runId}`)).body).toMatchObject({
      state: 'cancelled',
      counts: { waiting: 0, cancelled: 2 },
    });
  });

  it.each([
    [{ priority: 101 }, 400],
    [{ priority: '5' }, 400],
    [{ projectId: 999_999 }, 422],
    [{ deploymentId: 999_999 }, 422],
    [{ model: 'other' }, 400],
  ])('refuses a run with %j', async (change, status) => {
    expect((await gateway.post('/runs', { projectId, ...change })).status).toBe(status);
  });

  it('refuses a run without images, and creates none', async () => {
    const id = await gateway.project();
    expect(await gateway.post('/runs', { projectId: id })).toMatchObject({
      status: 422,
      body: { type: 'urn:pugmark:problem:no_images' },
    });
    expect((await gateway.get(`/runs?projectId=${id}`)).body.items).toEqual([]);
  });

  it('answers 404 for a missing run, 422 for one in the query, 400 without a project', async () => {
    expect((await gateway.get('/runs/999999')).status).toBe(404);
    expect((await gateway.get('/runs?projectId=999999')).status).toBe(422);
    expect((await gateway.get('/runs')).status).toBe(400);
    expect((await gateway.get('/processing/status?runId=999999')).status).toBe(422);
    expect((await gateway.get('/processing/status?runId=x')).status).toBe(400);
  });

  it('is included in the state of all processing', async () => {
    expect((await gateway.get('/processing/status')).body).toEqual({
      processing: expect.any(Number),
      pending: expect.any(Number),
      completed: expect.any(Number),
      failed: expect.any(Number),
      ratePerMinute: expect.any(Number),
      etaSeconds: expect.any(Number),
    });
  });
});
