import { TestGateway } from '../../testing/gateway.fixture';

describe('projects and deployments', () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await TestGateway.start();
  });
  afterAll(() => gateway.stop());

  it('creates a project and returns it', async () => {
    const created = await gateway.post('/projects', { name: 'Bears of Abruzzo' });
    expect(created.status).toBe(201);
    expect(created.body).toEqual({
      id: expect.any(Number),
      name: 'Bears of Abruzzo',
      modelId: null,
      classify: null,
      sequenceGapSeconds: 60,
      eventGapSeconds: 1_800,
      createdAt: expect.stringMatching(/^\d{4}-.*Z$/),
    });
    expect(created.headers.get('location')).toBe(`/api/v1/projects/${created.body.id}`);
    expect((await gateway.get(`/projects/${created.body.id}`)).body).toEqual(created.body);
  });

  it('refuses a second project of the same name', async () => {
    await gateway.post('/projects', { name: 'twice' });
    const again = await gateway.post('/projects', { name: 'twice' });
    expect(again).toMatchObject({
      status: 409,
      body: { type: 'urn:pugmark:problem:name_taken', errors: [{ field: 'name' }] },
    });
  });

  it.each([
    [{}, 'name'],
    [{ name: '' }, 'name'],
    [{ name: '   ' }, 'name'],
    [{ name: ' Bears' }, 'name'],
    [{ name: 'Bears\u2003' }, 'name'],
    [{ name: 'half \ud83d' }, 'name'],
    [{ name: 7 }, 'name'],
    [{ name: 'x'.repeat(201) }, 'name'],
    [{ name: 'a\u0000b' }, 'name'],
    [{ name: 'fine', owner: 'unknown' }, 'owner'],
  ])('refuses the project %j', async (body, field) => {
    const answer = await gateway.post('/projects', body);
    expect(answer.status).toBe(400);
    expect(answer.body.errors).toEqual(expect.arrayContaining([expect.objectContaining({ field })]));
  });

  it('pages through projects, each exactly once', async () => {
    for (let n = 0; n < 5; n += 1) await gateway.post('/projects', { name: `page ${n}` });
    const seen: string[] = [];
    let path = '/projects?limit=2';
    for (;;) {
      const { body } = await gateway.get(path);
      expect(body.items.length).toBeLessThanOrEqual(2);
      seen.push(...body.items.map((project: { name: string }) => project.name));
      if (body.nextCursor === null) break;
      path = `/projects?limit=2&cursor=${body.nextCursor}`;
    }
    expect(seen.filter((name) => name.startsWith('page '))).toEqual(['page 0', 'page 1', 'page 2', 'page 3', 'page 4']);
    expect(new Set(seen).size).toBe(seen.length);
  });

  it.each([
    '/projects/999999',
    '/projects/abc',
    '/projects/0',
    '/projects/-1',
    '/projects/1e3',
    '/projects/99999999999999999999',
  ])('answers 404 for %s', async (path) => expect((await gateway.get(path)).status).toBe(404));

  it('creates a deployment with its location, and lists it', async () => {
    const projectId = await gateway.project();
    const created = await gateway.post(`/projects/${projectId}/deployments`, {
      name: 'Ridge, spring',
      timezone: 'Europe/Berlin',
      clockOffsetSeconds: -3600,
      locationName: 'Ridge',
      latitude: 47.5,
      longitude: 11.25,
      startsAt: '2026-04-01T00:00:00+02:00',
      endsAt: '2026-06-01T00:00:00Z',
    });
    expect(created.status).toBe(201);
    expect(created.body).toMatchObject({
      projectId,
      timezone: 'Europe/Berlin',
      clockOffsetSeconds: -3600,
      locationName: 'Ridge',
      latitude: 47.5,
      longitude: 11.25,
      startsAt: '2026-03-31T22:00:00.000Z',
      endsAt: '2026-06-01T00:00:00.000Z',
    });
    expect((await gateway.get(`/projects/${projectId}/deployments`)).body).toEqual({
      items: [created.body],
      nextCursor: null,
    });
  });

  it.each([
    [{ timezone: undefined }, 'timezone'],
    [{ timezone: 'Mars/Olympus' }, 'timezone', 422],
    [{ timezone: '+02:00' }, 'timezone', 422],
    [{ timezone: 'CET+3' }, 'timezone', 422],
    [{ clockOffsetSeconds: 1.5 }, 'clockOffsetSeconds'],
    [{ clockOffsetSeconds: '60' }, 'clockOffsetSeconds'],
    [{ locationName: 'Ridge', latitude: 91, longitude: 0 }, 'latitude'],
    [{ locationName: 'Ridge', latitude: 47 }, 'longitude', 422],
    [{ latitude: 47, longitude: 11 }, 'locationName', 422],
    [{ startsAt: '2026-04-01T00:00:00' }, 'startsAt'],
    [{ startsAt: '2026-02-30T00:00:00Z' }, 'startsAt'],
    [{ startsAt: '2026-04-02T00:00:00Z', endsAt: '2026-04-01T00:00:00Z' }, 'endsAt', 422],
    [{ camera: '' }, 'camera'],
    [{ trap: 'unknown' }, 'trap'],
  ] as [object, string, number?][])('refuses the deployment with %j', async (change, field, status = 400) => {
    const projectId = await gateway.project();
    const answer = await gateway.post(`/projects/${projectId}/deployments`, {
      name: 'Ridge',
      timezone: 'Europe/Berlin',
      ...change,
    });
    expect(answer.status).toBe(status);
    expect(answer.body.errors.map((error: { field: string }) => error.field)).toContain(field);
    expect((await gateway.get(`/projects/${projectId}/deployments`)).body.items).toEqual([]);
  });

  it('does not move a location that has other coordinates already', async () => {
    const projectId = await gateway.project();
    const body = { name: 'one', timezone: 'UTC', locationName: 'Ridge', latitude: 47, longitude: 11 };
    await gateway.post(`/projects/${projectId}/deployments`, body);
    const moved = await gateway.post(`/projects/${projectId}/deployments`, { ...body, name: 'two', latitude: 48 });
    expect(moved).toMatchObject({ status: 409, body: { type: 'urn:pugmark:problem:location_elsewhere' } });
    expect((await gateway.get(`/projects/${projectId}/deployments`)).body.items).toHaveLength(1);
  });

  it('refuses a duplicate deployment name, and a missing project', async () => {
    const projectId = await gateway.project();
    await gateway.post(`/projects/${projectId}/deployments`, { name: 'one', timezone: 'UTC' });
    expect((await gateway.post(`/projects/${projectId}/deployments`, { name: 'one', timezone: 'UTC' })).status).toBe(
      409,
    );
    expect((await gateway.post('/projects/999999/deployments', { name: 'one', timezone: 'UTC' })).status).toBe(404);
    expect((await gateway.get('/projects/999999/deployments')).status).toBe(404);
  });
});
