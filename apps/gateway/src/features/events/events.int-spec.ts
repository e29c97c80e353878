import { sql } from 'kysely';
import { TestGateway, animal } from '../../testing/gateway.fixture';

describe('events and sequences', () => {
  let gateway: TestGateway;
  let projectId: number;
  let deploymentId: number;
  let modelId: number;
  beforeAll(async () => {
    gateway = await TestGateway.start();
    modelId = (await gateway.model()).id;
  });
  beforeEach(async () => {
    projectId = await gateway.project();
    deploymentId = await gateway.deployment(projectId);
  });
  afterAll(() => gateway.stop());

  /** Seconds after noon of 1 June 2024. */
  const at = (seconds: number): string =>
    new Date(Date.parse('2024-06-01T12:00:00Z') + seconds * 1_000).toISOString().slice(0, 19);

  async function image(seconds: number | null, found: boolean): Promise<number> {
    const { ids } = await gateway.images(projectId, ['x.jpg'], {
      deploymentId,
      ...(seconds === null ? {} : { capturedLocal: at(seconds) }),
    });
    if (found) await gateway.detections(ids[0]!, modelId, [animal(0.9)]);
    return ids[0]!;
  }

  const list = async (query = '') => (await gateway.get(`/events?projectId=${projectId}${query}`)).body;

  it('shows an event, in the list and by itself', async () => {
    const first = await image(0, true);
    await image(60, false);
    const last = await image(1_800, true);
    const { items, nextCursor } = await list();
    expect(nextCursor).toBeNull();
    expect(items).toEqual([
      {
        id: expect.any(Number),
        projectId,
        deploymentId,
        deploymentName: expect.any(String),
        locationId: null,
        locationName: null,
        category: 'animal',
        label: null,
        startsAt: '2024-06-01T10:00:00.000Z',
        endsAt: '2024-06-01T10:30:00.000Z',
        localStart: '2024-06-01T12:00:00',
        solarHour: null,
        images: 2,
        individuals: 1,
        confidence: 0.9,
        reviewed: false,
        firstImageId: first,
        bestImageId: first,
      },
    ]);
    expect((await gateway.get(`/events/${items[0].id}`)).body).toEqual(items[0]);
    expect((await list('&groupBy=label')).items).toMatchObject([{ label: 'bear', images: 2 }]);
    await gateway.detections(last, (await gateway.model({ version: '2.0.0' })).id, []);
    // Formed again before it is read.
    expect((await gateway.get(`/events/${items[0].id}`)).body).toMatchObject({
      images: 1,
      endsAt: '2024-06-01T10:00:00.000Z',
    });
  });

  it('forms a stale event again before its images are listed, counted or included in a run', async () => {
    const ids = [await image(0, true)];
    const [event] = (await list()).items;
    for (const seconds of [1_000, 2_000, 3_000]) {
      ids.push(await image(seconds, true));
      const counted = {
        count: (await gateway.get(`/images/count?projectId=${projectId}&eventId=${event.id}`)).body.count,
      };
      expect(counted).toEqual({ count: ids.length });
    }
    ids.push(await image(4_000, true));
    expect((await gateway.get(`/images?eventId=${event.id}`)).body.items.map(({ id }: { id: number }) => id)).toEqual(
      ids,
    );
    ids.push(await image(5_000, true));
    expect((await gateway.post('/runs', { projectId, filter: { eventId: event.id } })).body.counts.total).toBe(
      ids.length,
    );
    await gateway.patch(`/deployments/${deploymentId}`, { clockOffsetSeconds: 3_600 });
    const [moved] = (await list()).items;
    await gateway.patch(`/deployments/${deploymentId}`, { clockOffsetSeconds: 7_200 });
    // The same event or none: never an empty one.
    const after = await gateway.get(`/images?eventId=${moved.id}`);
    expect(after.status === 200 ? after.body.items.length : after.body.type).toEqual(
      after.status === 200 ? ids.length : 'urn:pugmark:problem:event_missing',
    );
  });

  it('answers 404 for a missing event, also when it has just ceased to exist', async () => {
    expect((await gateway.get('/events/999999999')).status).toBe(404);
    const id = await image(0, true);
    const [event] = (await list()).items;
    await gateway.db.transaction().execute((tx) => gateway.repositories.images.correct(tx, id, { deploymentId: null }));
    expect((await gateway.get(`/events/${event.id}`)).status).toBe(404);
    expect((await list()).items).toMatchObject([{ startsAt: null, deploymentId: null, firstImageId: id }]);
  });

  it.each(['start', '-start'])('pages through events by %s, each once', async (sort) => {
    for (let n = 0; n < 5; n += 1) await image(n * 2_000, true);
    const withoutTime = await image(null, true);
    const seen: number[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const page: { items: { firstImageId: number }[]; nextCursor: string | null } = await list(
        `&limit=2&sort=${sort}${cursor && `&cursor=${cursor}`}`,
      );
      seen.push(...page.items.map((one) => one.firstImageId));
      cursor = page.nextCursor;
    }
    const timed = seen.slice(0, 5);
    expect([new Set(seen).size, seen.length, seen.at(-1)]).toEqual([6, 6, withoutTime]);
    expect(timed).toEqual([...timed].sort((a, b) => (sort === 'start' ? a - b : b - a)));
  });

  it('refuses unknown projects and locations, and returns nothing where nothing was observed', async () => {
    const other = await gateway.deployment(await gateway.project());
    for (const [query, field] of [
      ['projectId=999999', 'projectId'],
      [`projectId=${projectId}&deploymentId=${other}`, 'deploymentId'],
      [`projectId=${projectId}&locationId=999999`, 'locationId'],
    ]) {
      expect(await gateway.get(`/events?${query}`)).toMatchObject({ status: 422, body: { errors: [{ field }] } });
    }
    expect(await gateway.get(`/events?projectId=${projectId}&deploymentId=${deploymentId}`)).toMatchObject({
      status: 200,
      body: { items: [], nextCursor: null },
    });
  });

  it('refuses cursors of other lists and invented ones', async () => {
    await image(0, true);
    await image(4_000, true);
    const { nextCursor } = await list('&limit=1');
    const made = (...position: unknown[]) =>
      Buffer.from(JSON.stringify(['events start', position])).toString('base64url');
    for (const query of [
      `sort=-start&cursor=${nextCursor}`,
      `cursor=${made(1.5, 1)}`,
      `cursor=${made(1e300, 1)}`,
      `cursor=${made('x', 1)}`,
      `cursor=${made(1)}`,
    ]) {
      expect((await gateway.get(`/events?projectId=${projectId}&${query}`)).status).toBe(422);
    }
    expect((await gateway.get(`/events?projectId=${projectId}&cursor=${made(-9e15, 1)}`)).status).toBe(200);
    expect((await gateway.get(`/events?projectId=${projectId}&cursor=${made(9e15, 1)}`)).body.items).toEqual([]);
    expect((await gateway.get(`/deployments/${deploymentId}/sequences?cursor=${nextCursor}`)).status).toBe(422);
  });

  it('forms events and sequences by the gaps of the project, as soon as these are set', async () => {
    for (const seconds of [0, 50, 200, 1_500, 4_000]) await image(seconds, true);
    const shape = async () => [
      (await list()).items.map((one: { images: number }) => one.images),
      (await sequences()).map((one) => one.imageIds.length),
    ];
    expect(await shape()).toEqual([
      [4, 1],
      [2, 1, 1, 1],
    ]);
    const set = await gateway.patch(`/projects/${projectId}`, { sequenceGapSeconds: 150, eventGapSeconds: 1_200 });
    expect(set).toMatchObject({ status: 200, body: { sequenceGapSeconds: 150, eventGapSeconds: 1_200 } });
    expect(await shape()).toEqual([
      [3, 1, 1],
      [3, 1, 1],
    ]);
    await gateway.patch(`/projects/${projectId}`, { eventGapSeconds: 604_800 });
    expect(await shape()).toEqual([[5], [3, 1, 1]]);
    await gateway.patch(`/projects/${projectId}`, { eventGapSeconds: 0, sequenceGapSeconds: 0 });
    expect(await shape()).toEqual([
      [1, 1, 1, 1, 1],
      [1, 1, 1, 1, 1],
    ]);
    expect((await gateway.get(`/projects/${projectId}`)).body).toMatchObject({
      eventGapSeconds: 0,
      sequenceGapSeconds: 0,
    });
  });

  it('marks events as stale only when their gap changes, and refuses invalid gaps', async () => {
    await image(0, true);
    await list();
    const stale = () =>
      gateway.db.selectFrom('stale_events').select('id').where('project_id', '=', projectId).execute();
    await gateway.patch(`/projects/${projectId}`, { sequenceGapSeconds: 10, eventGapSeconds: 1_800 });
    expect(await stale()).toEqual([]);
    for (const body of [
      { eventGapSeconds: -1 },
      { eventGapSeconds: 604_801 },
      { eventGapSeconds: null },
      { eventGapSeconds: 1.5 },
      { sequenceGapSeconds: 86_401 },
      { sequenceGapSeconds: '60' },
    ]) {
      expect((await gateway.patch(`/projects/${projectId}`, body)).status).toBe(400);
    }
    await gateway.patch(`/projects/${projectId}`, { eventGapSeconds: 60 });
    expect(await stale()).toHaveLength(1);
    expect((await gateway.patch('/projects/999999', { eventGapSeconds: 60 })).status).toBe(404);
  });

  interface Sequence {
    readonly startsAt: string;
    readonly endsAt: string;
    readonly continued: boolean;
    readonly imageIds: readonly number[];
  }

  async function sequences(limit = 50): Promise<Sequence[]> {
    const seen: Sequence[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const page: { items: Sequence[]; nextCursor: string | null } = (
        await gateway.get(`/deployments/${deploymentId}/sequences?limit=${limit}${cursor && `&cursor=${cursor}`}`)
      ).body;
      expect(page.items.length).toBeLessThanOrEqual(limit);
      seen.push(...page.items);
      cursor = page.nextCursor;
    }
    return seen;
  }

  it('lists the sequences of a deployment ordered by time, whatever is on the images, each whole on one page', async () => {
    // As on a real card: not ordered by time.
    const ids: Record<number, number> = {};
    for (const seconds of [300, 10, 0, 70, 200, 131, 361]) ids[seconds] = await image(seconds, seconds % 20 === 0);
    await image(null, true);
    const other = await gateway.deployment(projectId);
    await gateway.images(projectId, ['y.jpg'], { deploymentId: other, capturedLocal: at(20) });
    const expected = [[0, 10, 70], [131], [200], [300], [361]].map((times) => ({
      startsAt: `${new Date(Date.parse(`${at(times[0]!)}Z`) - 7_200_000).toISOString()}`,
      endsAt: `${new Date(Date.parse(`${at(times.at(-1)!)}Z`) - 7_200_000).toISOString()}`,
      continued: false,
      imageIds: times.map((seconds) => ids[seconds]!),
    }));
    for (const limit of [1, 2, 3, 50]) expect(await sequences(limit)).toEqual(expected);
  });

  it('splits a sequence of thousands of images, each image in one part', async () => {
    await sql`
      with added as (
        insert into images (project_id, deployment_id, ingest_id, sha256, mode, location, file_path, format, bytes,
          width, height, captured_at)
        select ${projectId}, ${deploymentId}, (select min(id) from ingests),
          sha256(convert_to(${projectId} || '/' || n, 'UTF8')), 'reference', ${`/f/${projectId}/`} || n,
          'x.jpg', 'jpeg', 1, 1, 1,
          timestamptz '2024-06-01T00:00:00Z' + n * interval '30 seconds' + (n / 3000) * interval '1 hour'
        from generate_series(1, 3500) n returning id, ingest_id, captured_at)
      insert into image_summaries (image_id, project_id, deployment_id, ingest_id, captured_at, outside_deployment,
        processed, has_animal, has_person, has_vehicle, blank)
      select id, ${projectId}, ${deploymentId}, ingest_id, captured_at, false, false, false, false, false, false
      from added`.execute(gateway.db);
    for (const limit of [1, 3, 200]) {
      const all = await sequences(limit);
      const ids = all.flatMap((one) => one.imageIds);
      expect([ids.length, new Set(ids).size]).toEqual([3_500, 3_500]);
      expect(Math.max(...all.map((one) => one.imageIds.length))).toBeLessThanOrEqual(1_000);
      // Image 3000 was captured an hour after the previous one.
      const whole = all.reduce<number[]>(
        (sizes, one) =>
          one.continued
            ? [...sizes.slice(0, -1), sizes.at(-1)! + one.imageIds.length]
            : [...sizes, one.imageIds.length],
        [],
      );
      expect(whole).toEqual([2_999, 501]);
    }
  });

  it('answers 404 for the sequences of a missing deployment, and an empty list for an empty one', async () => {
    expect((await gateway.get('/deployments/999999/sequences')).status).toBe(404);
    expect((await gateway.get(`/deployments/${deploymentId}/sequences`)).body).toEqual({ items: [], nextCursor: null });
  });
});
