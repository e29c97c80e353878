import { takeAdvisoryLock } from '@pugmark/db';
import { TestGateway, animal } from '../../testing/gateway.fixture';

describe('static detections', () => {
  let gateway: TestGateway;
  let projectId: number;
  let modelId: number;
  beforeAll(async () => {
    gateway = await TestGateway.start();
    projectId = await gateway.project();
    modelId = (await gateway.model()).id;
  });
  afterAll(() => gateway.stop());

  const branch = animal(0.75);
  const stone = { ...animal(0.75), box: { x: 0, y: 0.5, width: 0.125, height: 0.25 } };

  /** A deployment whose images contain the same boxes. */
  async function deployment(detections = [branch], count = 20): Promise<{ id: number; images: number[] }> {
    const id = await gateway.deployment(projectId);
    const { ids: images } = await gateway.images(
      projectId,
      Array.from({ length: count }, (_, n) => `${n}.jpg`),
      { deploymentId: id, capturedLocal: '2026-05-01T06:00:00' },
    );
    for (const image of images) await gateway.detections(image, modelId, detections);
    return { id, images };
  }

  const find = (id: number) => gateway.post(`/deployments/${id}/static-detections/find`);
  const list = async (id: number) => (await gateway.get(`/deployments/${id}/static-detections`)).body.items;
  const blanks = async (id: number) =>
    (await gateway.get(`/images?deploymentId=${id}&category=blank`)).body.items.length;
  const staticFlags = async (image: number) =>
    (await gateway.get(`/images/${image}`)).body.detections.map((one: { static: boolean }) => one.static);

  it('are found on request, listed with an example image, and no longer counted', async () => {
    const { id, images } = await deployment();
    expect(await list(id)).toEqual([]);
    expect(await staticFlags(images[0]!)).toEqual([false]);
    expect(await find(id)).toMatchObject({
      status: 200,
      body: { staticDetections: 1, newStaticDetections: 1, changedImages: 20 },
    });
    const [box] = await list(id);
    expect(box).toEqual({
      id: expect.any(Number),
      projectId,
      deploymentId: id,
      category: 'animal',
      box: branch.box,
      images: 20,
      exampleImageId: images[0],
      firstAt: '2026-05-01T04:00:00.000Z',
      lastAt: '2026-05-01T04:00:00.000Z',
      dismissedAt: null,
      dismissedBy: null,
      createdAt: expect.any(String),
    });
    expect((await gateway.get(`/static-detections/${box.id}`)).body).toEqual(box);
    expect(await staticFlags(images[0]!)).toEqual([true]);
    expect(await blanks(id)).toBe(20);
    expect((await find(id)).body).toEqual({ staticDetections: 1, newStaticDetections: 0, changedImages: 0 });
  });

  it('are counted again when someone with the scope dismisses them, until that is reverted', async () => {
    const { id, images } = await deployment();
    await find(id);
    const [box] = await list(id);
    const patch = async (body: unknown, key?: string) =>
      gateway.request('PATCH', `/static-detections/${box.id}`, {
        body: JSON.stringify(body),
        headers: {
          'content-type': 'application/json',
          ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
        },
      });
    expect((await patch({ dismissed: true }, await gateway.key(['read']))).status).toBe(403);
    expect(await patch({ dismissed: true }, await gateway.key(['review']))).toMatchObject({
      status: 200,
      body: { ...box, dismissedAt: expect.any(String), dismissedBy: 'review' },
    });
    expect(await staticFlags(images[0]!)).toEqual([false]);
    expect(await blanks(id)).toBe(0);
    expect((await find(id)).body).toEqual({ staticDetections: 1, newStaticDetections: 0, changedImages: 0 });
    expect(await patch({ dismissed: false })).toMatchObject({ status: 200, body: box });
    expect(await blanks(id)).toBe(20);
  });

  it('are not changed with an outdated ETag', async () => {
    const { id } = await deployment();
    await find(id);
    const path = `/static-detections/${(await list(id))[0].id}`;
    const etag = String((await gateway.get(path)).headers.get('etag'));
    const both = await Promise.all([1, 2].map(() => gateway.patch(path, { dismissed: true }, { 'if-match': etag })));
    expect(both.map(({ status }) => status).sort()).toEqual([200, 412]);
    expect((await gateway.patch(path, { dismissed: false }, { 'if-match': etag })).status).toBe(412);
    const now = String((await gateway.get(path)).headers.get('etag'));
    expect((await gateway.patch(path, { dismissed: false }, { 'if-match': now })).headers.get('etag')).toBe(etag);
  });

  it('are listed page by page', async () => {
    const { id } = await deployment([branch, stone]);
    await find(id);
    const first = (await gateway.get(`/deployments/${id}/static-detections?limit=1`)).body;
    const second = (await gateway.get(`/deployments/${id}/static-detections?limit=1&cursor=${first.nextCursor}`)).body;
    expect([first.items[0].box, second.items[0].box, second.nextCursor]).toEqual([branch.box, stone.box, null]);
    expect(
      (
        await gateway.get(
          `/deployments/${id}/static-detections?cursor=${Buffer.from('["images",1]').toString('base64url')}`,
        )
      ).status,
    ).toBe(422);
  });

  it.each([{}, { dismissed: 'yes' }, { dismissed: null }, { dismissed: true, images: 3 }])(
    'cannot be changed by %j',
    async (body) => {
      expect((await gateway.patch('/static-detections/1', body)).status).toBe(400);
    },
  );

  it('answer 404 for an unknown id', async () => {
    for (const answer of [
      await gateway.get('/static-detections/999999'),
      await gateway.patch('/static-detections/999999', { dismissed: true }),
    ]) {
      expect(answer).toMatchObject({
        status: 404,
        body: { detail: expect.stringContaining('static detection 999999') },
      });
    }
    for (const answer of [await gateway.get('/deployments/999999/static-detections'), await find(999_999)])
      expect(answer.status).toBe(404);
  });

  it('keep no connection while they wait for another search, and others are answered meanwhile', async () => {
    const places = await Promise.all(Array.from({ length: 8 }, () => deployment([branch], 3)));
    let release: () => void = () => undefined;
    const released = new Promise<void>((resolve) => (release = resolve));
    let locked: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (locked = resolve));
    // As another gateway that searches all of them.
    const other = gateway.db.transaction().execute(async (tx) => {
      for (const { id } of places) await takeAdvisoryLock(tx, 'staticDetectionSearch', id);
      locked();
      await released;
    });
    await held;
    const searches = places.flatMap(({ id }) => [find(id), find(id)]);
    const times: number[] = [];
    for (let n = 0; n < 20; n += 1) {
      const begin = performance.now();
      expect((await gateway.get('/projects')).status).toBe(200);
      times.push(performance.now() - begin);
    }
    expect(Math.max(...times)).toBeLessThan(1_000);
    release();
    await other;
    for (const { status } of await Promise.all(searches)) expect(status).toBe(200);
  });

  it('are not dismissed during a search: the client is asked to try again', async () => {
    const { id } = await deployment();
    await find(id);
    const [{ id: box }] = await list(id);
    await gateway.db.transaction().execute(async (tx) => {
      await takeAdvisoryLock(tx, 'staticDetectionSearch', id);
      expect(await gateway.patch(`/static-detections/${box}`, { dismissed: true })).toMatchObject({
        status: 503,
        body: { type: 'urn:pugmark:problem:search_running' },
      });
    });
    expect((await gateway.patch(`/static-detections/${box}`, { dismissed: true })).status).toBe(200);
  });
});
