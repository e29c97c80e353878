import { TestGateway } from '../../testing/gateway.fixture';
import { MAX_DIRECT_IMAGES } from './image-deriver';

describe('corrections of many images', () => {
  let gateway: TestGateway;
  let projectId: number;
  let deploymentId: number;
  beforeAll(async () => {
    gateway = await TestGateway.start();
  });
  beforeEach(async () => {
    projectId = await gateway.project();
    deploymentId = await gateway.deployment(projectId);
  });
  afterAll(() => gateway.stop());

  async function addImages(count: number, deployment = deploymentId): Promise<number[]> {
    const ids: number[] = [];
    while (ids.length < count) {
      const names = Array.from({ length: Math.min(500, count - ids.length) }, (_, n) => `${ids.length + n}.jpg`);
      const options = { deploymentId: deployment, capturedLocal: '2026-05-01T06:00:00' };
      ids.push(...(await gateway.images(projectId, names, options)).ids);
    }
    return ids;
  }

  const correct = async (offset: number) =>
    (await gateway.patch(`/deployments/${deploymentId}`, { clockOffsetSeconds: offset })).body;
  const changes = async () => (await gateway.get(`/projects/${projectId}/bulk-changes`)).body.items;

  it('are made by the request while the images are few', async () => {
    await addImages(MAX_DIRECT_IMAGES);
    expect(await correct(3_600)).toMatchObject({
      unfinishedChangeId: null,
      times: { first: '2026-05-01T05:00:00.000Z', last: '2026-05-01T05:00:00.000Z' },
    });
    expect(await changes()).toEqual([]);
  });

  it('become a bulk change when the images are many, which the API shows until it is done', async () => {
    await addImages(MAX_DIRECT_IMAGES + 1);
    const corrected = await correct(3_600);
    const id = corrected.unfinishedChangeId;
    expect(corrected).toMatchObject({
      clockOffsetSeconds: 3_600,
      unfinishedChangeId: expect.any(Number),
      times: { first: '2026-05-01T04:00:00.000Z' },
    });
    expect(await changes()).toEqual([
      {
        id,
        projectId,
        kind: 'deployment_times',
        subjectId: deploymentId,
        status: 'pending',
        percent: 0,
        total: MAX_DIRECT_IMAGES + 1,
        done: 0,
        requestedBy: expect.any(String),
        error: null,
        createdAt: expect.any(String),
        startedAt: null,
        finishedAt: null,
      },
    ]);
    await gateway.claim('derive', [id]);
    await gateway.db.transaction().execute((tx) => gateway.repositories.bulkChanges.advance(tx, id, [1, 2]));
    expect((await gateway.get(`/bulk-changes/${id}`)).body).toMatchObject({ status: 'processing', done: 2 });
    expect((await gateway.get(`/deployments/${deploymentId}`)).body).toMatchObject({ unfinishedChangeId: id });
    await gateway.db
      .updateTable('tasks')
      .set({ state: 'queued', queued_at: new Date() })
      .where('kind', '=', 'derive')
      .execute();
    await gateway.finish('derive', [id]);
    expect((await gateway.get(`/bulk-changes/${id}`)).body).toMatchObject({ status: 'completed', percent: 100 });
    expect((await gateway.get(`/deployments/${deploymentId}`)).body).toMatchObject({ unfinishedChangeId: null });
  });

  it('replace what is left of an earlier correction', async () => {
    await addImages(MAX_DIRECT_IMAGES + 1);
    const first = (await correct(3_600)).unfinishedChangeId;
    const [task] = await gateway.claim('derive', [first]);
    const second = (await correct(7_200)).unfinishedChangeId;
    expect((await changes()).map(({ id, status }: { id: number; status: string }) => [id, status])).toEqual([
      [first, 'superseded'],
      [second, 'pending'],
    ]);
    expect(await gateway.db.transaction().execute((tx) => gateway.repositories.tasks.holdsLease(tx, task!))).toBe(
      false,
    );
    expect((await gateway.post(`/bulk-changes/${first}/retry`)).body.type).toContain('superseded');
  });

  it('are cancelled, remain visible as unfinished, and are continued by a retry', async () => {
    await addImages(MAX_DIRECT_IMAGES + 1);
    const id = (await correct(3_600)).unfinishedChangeId;
    expect((await gateway.post(`/bulk-changes/${id}/cancel`)).body).toMatchObject({ status: 'cancelled' });
    expect((await gateway.post(`/bulk-changes/${id}/cancel`)).status).toBe(202);
    expect((await gateway.get(`/deployments/${deploymentId}`)).body.unfinishedChangeId).toBe(id);
    expect((await gateway.post(`/bulk-changes/${id}/retry`)).body).toMatchObject({ status: 'pending' });
    expect((await gateway.post(`/bulk-changes/${id}/retry`)).status).toBe(202);
    await gateway.finish('derive', [id], { code: 'broken', message: 'm' });
    expect((await gateway.get(`/bulk-changes/${id}`)).body).toMatchObject({
      status: 'failed',
      error: { code: 'broken' },
    });
    await gateway.post(`/bulk-changes/${id}/retry`);
    await gateway.finish('derive', [id]);
    for (const action of ['cancel', 'retry'])
      expect((await gateway.post(`/bulk-changes/${id}/${action}`)).body.type).toContain('already_ended');
  });

  it('by one CSV file are made by its request as long as all images together are few', async () => {
    const other = await gateway.deployment(projectId);
    await addImages(MAX_DIRECT_IMAGES - 10);
    await addImages(20, other);
    const [first, second] = await Promise.all(
      [deploymentId, other].map(async (id) => (await gateway.get(`/deployments/${id}`)).body.name),
    );
    const csv = `name,clockOffset\n${first},3600\n${second},3600\n`;
    const { status } = await gateway.request('POST', `/projects/${projectId}/deployments/import`, {
      body: csv,
      headers: { 'content-type': 'text/csv' },
    });
    expect(status).toBe(200);
    expect(await changes()).toMatchObject([{ kind: 'deployment_times', subjectId: other, total: 20 }]);
    expect((await gateway.get(`/deployments/${deploymentId}`)).body.times.first).toBe('2026-05-01T05:00:00.000Z');
  });

  it('of a taxon become a bulk change, too', async () => {
    const ids = await addImages(MAX_DIRECT_IMAGES + 1);
    const { id: taxonId } = (
      await gateway.post(`/projects/${projectId}/taxa`, { scientificName: 'Vulpes vulpse', category: 'animal' })
    ).body;
    const observations = JSON.stringify([
      { category: 'animal', label: 'Vulpes vulpse', individuals: 1, taxonId, box: null, detectionId: null },
    ]);
    await gateway.db
      .insertInto('reviews')
      .values(ids.map((image_id) => ({ project_id: projectId, image_id, action: 'set', observations, reviewer: 'x' })))
      .execute();
    await gateway.patch(`/taxa/${taxonId}`, { scientificName: 'Vulpes vulpes' });
    expect(await changes()).toMatchObject([{ kind: 'taxon', subjectId: taxonId, total: MAX_DIRECT_IMAGES + 1 }]);
    await gateway.patch(`/taxa/${taxonId}`, { commonName: 'red fox' });
    expect(await changes()).toHaveLength(1);
  });

  it('appear in the feed', async () => {
    await addImages(MAX_DIRECT_IMAGES + 1);
    const id = (await correct(3_600)).unfinishedChangeId;
    const client = await gateway.listen(`/feed?projectId=${projectId}&topics=bulk_change`);
    const writer = await TestGateway.start({ databaseUrl: gateway.databaseUrl, writeFeedEveryMs: 20 });
    try {
      await client.until('the change', () => client.of('bulk_change').length > 0);
      expect(client.of('bulk_change')[0]).toEqual((await gateway.get(`/bulk-changes/${id}`)).body);
      await gateway.finish('derive', [id]);
      await client.until('its end', () => client.of('bulk_change').at(-1)?.['status'] === 'completed');
    } finally {
      client.disconnect();
      await writer.stop();
    }
  });
});
