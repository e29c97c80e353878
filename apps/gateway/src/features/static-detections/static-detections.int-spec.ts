import { sql } from 'kysely';
import { backgroundLoop } from '@pugmark/platform';
import { testLogger, waitUntil } from '@pugmark/testing';
import { searchStaticBoxes } from './search-static-detections';
import { TestGateway, animal } from '../../testing/gateway.fixture';

describe('static boxes', () => {
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

  /** A deployment with images that hold the same. */
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

  const find = (id: number) => gateway.post(`/deployments/${id}/static-boxes/find`);
  const list = async (id: number) => (await gateway.get(`/deployments/${id}/static-boxes`)).body.items;
  const blanks = async (id: number) =>
    (await gateway.get(`/images?deploymentId=${id}&category=blank`)).body.items.length;
  const marks = async (image: number) =>
    (await gateway.get(`/images/${image}`)).body.detections.map((one: { static: boolean }) => one.static);

  it('are found when asked for, listed with an image to look at, and no longer count', async () => {
    const { id, images } = await deployment();
    expect(await list(id)).toEqual([]);
    expect(await marks(images[0]!)).toEqual([false]);
    expect(await find(id)).toMatchObject({ status: 200, body: { boxes: 1, newBoxes: 1, changedImages: 20 } });
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
      unmarkedAt: null,
      unmarkedBy: null,
      createdAt: expect.any(String),
    });
    expect((await gateway.get(`/static-boxes/${box.id}`)).body).toEqual(box);
    expect(await marks(images[0]!)).toEqual([true]);
    expect(await blanks(id)).toBe(20);
    expect((await find(id)).body).toEqual({ boxes: 1, newBoxes: 0, changedImages: 0 });
  });

  it('count again when someone with the scope for it unmarks them, and not when that is taken back', async () => {
    const { id, images } = await deployment();
    await find(id);
    const [box] = await list(id);
    const patch = async (body: unknown, key?: string) =>
      gateway.request('PATCH', `/static-boxes/${box.id}`, {
        body: JSON.stringify(body),
        headers: {
          'content-type': 'application/json',
          ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
        },
      });
    expect((await patch({ unmarked: true }, await gateway.key(['read']))).status).toBe(403);
    expect(await patch({ unmarked: true }, await gateway.key(['review']))).toMatchObject({
      status: 200,
      body: { ...box, unmarkedAt: expect.any(String), unmarkedBy: 'review' },
    });
    expect(await marks(images[0]!)).toEqual([false]);
    expect(await blanks(id)).toBe(0);
    expect((await find(id)).body).toEqual({ boxes: 1, newBoxes: 0, changedImages: 0 });
    expect(await patch({ unmarked: false })).toMatchObject({ status: 200, body: box });
    expect(await blanks(id)).toBe(20);
  });

  it('are not changed by who saw them as they are no longer', async () => {
    const { id } = await deployment();
    await find(id);
    const path = `/static-boxes/${(await list(id))[0].id}`;
    const etag = String((await gateway.get(path)).headers.get('etag'));
    const both = await Promise.all([1, 2].map(() => gateway.patch(path, { unmarked: true }, { 'if-match': etag })));
    expect(both.map(({ status }) => status).sort()).toEqual([200, 412]);
    expect((await gateway.patch(path, { unmarked: false }, { 'if-match': etag })).status).toBe(412);
    const now = String((await gateway.get(path)).headers.get('etag'));
    expect((await gateway.patch(path, { unmarked: false }, { 'if-match': now })).headers.get('etag')).toBe(etag);
  });

  it('are listed page by page', async () => {
    const { id } = await deployment([branch, stone]);
    await find(id);
    const first = (await gateway.get(`/deployments/${id}/static-boxes?limit=1`)).body;
    const second = (await gateway.get(`/deployments/${id}/static-boxes?limit=1&cursor=${first.nextCursor}`)).body;
    expect([first.items[0].box, second.items[0].box, second.nextCursor]).toEqual([branch.box, stone.box, null]);
    expect(
      (await gateway.get(`/deployments/${id}/static-boxes?cursor=${Buffer.from('["images",1]').toString('base64url')}`))
        .status,
    ).toBe(422);
  });

  it.each([{}, { unmarked: 'yes' }, { unmarked: null }, { unmarked: true, images: 3 }])(
    'cannot be changed by %j',
    async (body) => {
      expect((await gateway.patch('/static-boxes/1', body)).status).toBe(400);
    },
  );

  it('are not there under a wrong id', async () => {
    for (const answer of [
      await gateway.get('/static-boxes/999999'),
      await gateway.patch('/static-boxes/999999', { unmarked: true }),
    ]) {
      expect(answer).toMatchObject({ status: 404, body: { detail: expect.stringContaining('static box 999999') } });
    }
    for (const answer of [await gateway.get('/deployments/999999/static-boxes'), await find(999_999)])
      expect(answer.status).toBe(404);
  });

  it('are found by themselves, once nothing new comes, by whichever gateway', async () => {
    const { id } = await deployment();
    const loops = [1, 2].map((n) =>
      backgroundLoop(`gateway ${n}`, testLogger(), async (signal) => {
        await searchStaticBoxes(gateway.repositories, { quietSeconds: 0.2, latestSeconds: 600 }, testLogger(), signal);
        return 10;
      }),
    );
    await waitUntil('the branch to be found', async () => (await blanks(id)) === 20);
    await Promise.all(loops.map((loop) => loop.stop()));
    expect(await list(id)).toHaveLength(1);
  });

  it('are found in other deployments though it goes wrong in one, which stays due', async () => {
    const pace = { quietSeconds: 0, latestSeconds: 0 };
    const [broken, whole] = [await deployment(), await deployment()];
    await sql
      .raw(
        `
      create function refuse() returns trigger language plpgsql as 'begin if new.deployment_id = ${broken.id} then raise exception ''broken''; end if; return new; end';
      create trigger refuse before insert on static_boxes for each row execute function refuse()`,
      )
      .execute(gateway.db);
    await searchStaticBoxes(gateway.repositories, pace, testLogger(), new AbortController().signal);
    expect([await blanks(broken.id), await blanks(whole.id)]).toEqual([0, 20]);
    await sql.raw('drop trigger refuse on static_boxes').execute(gateway.db);
    expect(await gateway.repositories.staticBoxes.due(gateway.db, pace)).toEqual([broken.id]);
    await searchStaticBoxes(gateway.repositories, pace, testLogger(), new AbortController().signal);
    expect(await blanks(broken.id)).toBe(20);
  });
});
