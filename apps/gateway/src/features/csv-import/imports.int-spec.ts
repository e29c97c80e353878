import { TestGateway, type Answer } from '../../testing/gateway.fixture';

const GOOD = `name,location,latitude,longitude,timezone,clock_offset_seconds,start,end,camera
North,Ridge,47.5,11.25,Europe/Berlin,-3600,2026-05-01 06:00,2026-05-31,CAM-7
South,Creek,,,America/New_York,,2026-05-01T00:00:00Z,,
`;

describe('CSV imports', () => {
  let gateway: TestGateway;
  let projectId: number;
  beforeAll(async () => {
    gateway = await TestGateway.start();
  });
  beforeEach(async () => {
    projectId = await gateway.project();
  });
  afterAll(() => gateway.stop());

  const send = (what: 'deployments' | 'locations', body: string, query = ''): Promise<Answer> =>
    gateway.request('POST', `/projects/${projectId}/${what}/import${query}`, {
      body,
      headers: { 'content-type': 'text/csv' },
    });
  const list = async (what: 'deployments' | 'locations') =>
    (await gateway.get(`/projects/${projectId}/${what}`)).body.items;

  it('create deployments and their locations; local times are in the zone, the last day is included', async () => {
    const answer = await send('deployments', GOOD);
    expect(answer).toMatchObject({
      status: 200,
      body: { dryRun: false, created: 2, updated: 0, unchanged: 0, errors: [] },
    });
    expect(await list('deployments')).toEqual([
      expect.objectContaining({
        name: 'North',
        camera: 'CAM-7',
        locationName: 'Ridge',
        latitude: 47.5,
        longitude: 11.25,
        timezone: 'Europe/Berlin',
        clockOffsetSeconds: -3600,
        startsAt: '2026-05-01T04:00:00.000Z',
        endsAt: '2026-05-31T22:00:00.000Z',
      }),
      expect.objectContaining({
        name: 'South',
        camera: null,
        locationName: 'Creek',
        latitude: null,
        clockOffsetSeconds: 0,
        startsAt: '2026-05-01T00:00:00.000Z',
        endsAt: null,
      }),
    ]);
  });

  it('update existing deployments and the times of their images, and leave others unchanged', async () => {
    await send('deployments', GOOD);
    const [north] = await list('deployments');
    const { ids } = await gateway.images(projectId, ['x.jpg'], {
      deploymentId: north.id,
      capturedLocal: '2026-05-01T06:00:00',
    });
    const answer = await send(
      'deployments',
      'name,clock_offset_seconds,camera\nNorth,0,\nSouth,0,\nWest,1,\n'.replace('West,1,\n', ''),
    );
    expect(answer.body).toEqual({ dryRun: false, created: 0, updated: 1, unchanged: 1, errors: [] });
    expect((await list('deployments'))[0]).toEqual({ ...north, clockOffsetSeconds: 0 });
    expect((await gateway.get(`/images/${ids[0]}`)).body.capturedAt).toBe('2026-05-01T04:00:00.000Z');
  });

  it('report in a dry run what they would do, and do nothing', async () => {
    await send('deployments', GOOD);
    const before = await list('deployments');
    const { status, body } = await send(
      'deployments',
      'name,timezone,location\nNorth,UTC,\nSouth,America/New_York,\nWest,UTC,Hill\n',
      '?dryRun=true',
    );
    expect({ status, body }).toEqual({
      status: 200,
      body: { dryRun: true, created: 1, updated: 1, unchanged: 1, errors: [] },
    });
    expect(await list('deployments')).toEqual(before);
    expect((await list('locations')).map(({ name }: { name: string }) => name)).toEqual(['Ridge', 'Creek']);
  });

  it('list every invalid line and store none', async () => {
    await send('deployments', GOOD);
    const before = await list('deployments');
    const bad = `name,location,latitude,longitude,timezone,clock_offset_seconds,start,end
Good,,,,UTC,,,
,,,,UTC,,,
A,,,,Mars/Olympus,,,
B,,,,,,,
C,Hill,91,0,UTC,,,
D,Hill,9,,UTC,,,
E,,,,UTC,1.5,,
F,,,,UTC,,1.5.2026,
G,,,,UTC,,2026-05-02,2026-05-01
H,Ridge,40,11,UTC,,,
Good,,,,UTC,,,
I,,
North,,,,,,,2026-04-01
`;
    const errors = [
      [3, 'name'],
      [4, 'timezone'],
      [5, 'timezone'],
      [6, 'latitude'],
      [7, 'longitude'],
      [8, 'clockOffsetSeconds'],
      [9, 'startsAt'],
      [10, 'endsAt'],
      [11, 'locationName'],
      [12, 'name'],
      [13, null],
      [14, 'endsAt'],
    ];
    const tried = await send('deployments', bad, '?dryRun=true');
    expect(tried.status).toBe(200);
    expect([
      ...new Set(
        tried.body.errors.map(({ line, column }: { line: number; column: string }) => JSON.stringify([line, column])),
      ),
    ]).toEqual(errors.map((error) => JSON.stringify(error)));
    const done = await send('deployments', bad);
    expect(done).toMatchObject({
      status: 422,
      body: { type: 'urn:pugmark:problem:bad_lines', detail: '12 lines are invalid; nothing was stored' },
    });
    expect(done.body.errors).toContainEqual({ field: 'line 12, name', message: 'is the same as in line 2' });
    expect(await list('deployments')).toEqual(before);
    expect((await list('locations')).map(({ name }: { name: string }) => name)).toEqual(['Ridge', 'Creek']);
  });

  it('create and move locations', async () => {
    await gateway.post(`/projects/${projectId}/locations`, { name: 'Ridge', latitude: 1, longitude: 2 });
    await gateway.post(`/projects/${projectId}/locations`, { name: 'Creek', latitude: 3, longitude: 4 });
    const answer = await send('locations', 'station;lat;long\nRidge;47,5;11,25\nCreek;;\nHill;5;6\n');
    expect(answer.body).toEqual({ dryRun: false, created: 1, updated: 1, unchanged: 1, errors: [] });
    expect(
      (await list('locations')).map(({ name, latitude, longitude }: Record<string, unknown>) => [
        name,
        latitude,
        longitude,
      ]),
    ).toEqual([
      ['Ridge', 47.5, 11.25],
      ['Creek', 3, 4],
      ['Hill', 5, 6],
    ]);
    expect(await send('locations', 'name,lat,lon\nHill,north,6\n')).toMatchObject({
      status: 422,
      body: { errors: [{ field: 'line 2, latitude' }] },
    });
  });

  it.each([
    ['', 400],
    ['name\n"A', 422],
    ['altitude\n5\n', 422],
    [`name\n${'x'.repeat(1_100_000)}\n`, 413],
  ])('refuse the file %.20j', async (body, status) => expect((await send('deployments', body)).status).toBe(status));

  it('require a CSV file and an existing project', async () => {
    expect((await gateway.post(`/projects/${projectId}/deployments/import`, { name: 'x' })).status).toBe(415);
    projectId = 999_999;
    expect((await send('locations', 'name\nA\n')).status).toBe(404);
  });
});
