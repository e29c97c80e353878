import { TestGateway, newImage } from '../../testing/gateway.fixture';

describe('the times of a deployment', () => {
  let gateway: TestGateway;
  let projectId: number;
  beforeAll(async () => {
    gateway = await TestGateway.start();
    projectId = await gateway.project();
  });
  afterAll(() => gateway.stop());

  /** A deployment in Berlin's zone with one image per camera reading. */
  async function given(readings: readonly (string | undefined)[]): Promise<{ deploymentId: number; ids: number[] }> {
    const deploymentId = await gateway.deployment(projectId);
    const ids: number[] = [];
    for (const reading of readings) {
      const made = await gateway.images(projectId, [`${reading}.jpg`], {
        deploymentId,
        ...(reading === undefined ? {} : { capturedLocal: reading }),
      });
      ids.push(...made.ids);
    }
    return { deploymentId, ids };
  }

  async function instants(ids: readonly number[]): Promise<(string | null)[]> {
    return Promise.all(ids.map(async (id) => (await gateway.get(`/images/${id}`)).body.capturedAt));
  }

  it('shifts all images when zone or clock offset are corrected, and no image of another deployment', async () => {
    const { deploymentId, ids } = await given(['2026-05-01T06:00:00', '2026-12-01T06:00:00', undefined]);
    const other = await given(['2026-05-01T06:00:00']);
    expect(await instants(ids)).toEqual(['2026-05-01T04:00:00.000Z', '2026-12-01T05:00:00.000Z', null]);
    const { status, body } = await gateway.patch(`/deployments/${deploymentId}`, {
      timezone: 'America/New_York',
      clockOffsetSeconds: -3600,
    });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      timezone: 'America/New_York',
      clockOffsetSeconds: -3600,
      times: { images: 3, withoutTime: 1, first: '2026-05-01T09:00:00.000Z', last: '2026-12-01T10:00:00.000Z' },
    });
    expect(await instants(ids)).toEqual(['2026-05-01T09:00:00.000Z', '2026-12-01T10:00:00.000Z', null]);
    expect((await gateway.get(`/images/${ids[0]}`)).body).toMatchObject({
      capturedLocal: '2026-05-01T06:00:00',
      localTime: '2026-05-01T05:00:00',
      timezone: 'America/New_York',
    });
    expect(await instants(other.ids)).toEqual(['2026-05-01T04:00:00.000Z']);
  });

  it('flags readings that a daylight saving change skipped or repeated, as long as they are', async () => {
    const { deploymentId, ids } = await given(['2026-03-29T02:30:00', '2026-10-25T02:30:00', '2026-10-25T03:30:00']);
    expect((await gateway.get(`/deployments/${deploymentId}`)).body.times).toMatchObject({
      images: 3,
      inDstGap: 1,
      inDstOverlap: 1,
    });
    expect(await instants(ids)).toEqual([
      '2026-03-29T01:30:00.000Z',
      '2026-10-25T01:30:00.000Z',
      '2026-10-25T02:30:00.000Z',
    ]);
    for (const [issue, id] of [
      ['dst_gap', ids[0]],
      ['dst_overlap', ids[1]],
    ]) {
      const { body } = await gateway.get(`/images?deploymentId=${deploymentId}&timeIssue=${issue}`);
      expect(body.items.map((image: { id: number; dstIssue: string }) => [image.id, image.dstIssue])).toEqual([
        [id, issue],
      ]);
    }
    // The camera was an hour fast: readings in the gap move before it, readings after the overlap move into it.
    await gateway.patch(`/deployments/${deploymentId}`, { clockOffsetSeconds: -3600 });
    expect((await gateway.get(`/deployments/${deploymentId}`)).body.times).toMatchObject({
      inDstGap: 0,
      inDstOverlap: 1,
    });
    await gateway.patch(`/deployments/${deploymentId}`, { timezone: 'UTC' });
    expect((await gateway.get(`/deployments/${deploymentId}`)).body.times).toMatchObject({
      inDstGap: 0,
      inDstOverlap: 0,
    });
  });

  it('counts images outside the dates of the deployment, excluding its first and last instant', async () => {
    const { deploymentId, ids } = await given([
      '2026-04-30T23:59:59',
      '2026-05-01T00:00:00',
      '2026-06-01T00:00:00',
      '2026-06-01T00:00:01',
      undefined,
    ]);
    const { body } = await gateway.patch(`/deployments/${deploymentId}`, {
      startsAt: '2026-05-01T00:00:00+02:00',
      endsAt: '2026-06-01T00:00:00+02:00',
    });
    expect(body.times).toMatchObject({ images: 5, outsideDeployment: 2, withoutTime: 1 });
    const out = await gateway.get(`/images?deploymentId=${deploymentId}&timeIssue=outside_deployment`);
    expect(
      out.body.items.map((image: { id: number; isOutsideDeployment: boolean }) => [
        image.id,
        image.isOutsideDeployment,
      ]),
    ).toEqual([
      [ids[0], true],
      [ids[3], true],
    ]);
    expect(
      (await gateway.get(`/images?deploymentId=${deploymentId}&timeIssue=no_time`)).body.items.map(
        (image: { id: number }) => image.id,
      ),
    ).toEqual([ids[4]]);
    const open = await gateway.patch(`/deployments/${deploymentId}`, { startsAt: null, endsAt: null });
    expect(open.body).toMatchObject({ startsAt: null, endsAt: null, times: { outsideDeployment: 0 } });
    const always = await gateway.patch(`/deployments/${deploymentId}`, {
      startsAt: '0000-01-01T00:00:00+01:00',
      endsAt: '9999-12-31T23:59:59-12:00',
    });
    expect(always.body).toMatchObject({
      startsAt: '0000-01-01T00:00:00.000Z',
      endsAt: '9999-12-31T23:59:59.999Z',
      times: { outsideDeployment: 0 },
    });
  });

  it("lets a person set the time of an image and keeps the camera's reading", async () => {
    const { deploymentId, ids } = await given(['2026-05-01T06:00:00', undefined]);
    await gateway.patch(`/deployments/${deploymentId}`, { clockOffsetSeconds: 60 });
    for (const id of ids) {
      expect((await gateway.patch(`/images/${id}`, { localTime: '2026-05-02T07:00:00' })).body).toMatchObject({
        localTime: '2026-05-02T07:00:00',
        capturedAt: '2026-05-02T05:00:00.000Z',
        timeSource: 'manual',
      });
    }
    // The offset applies to the camera's clock, not to a person's time.
    await gateway.patch(`/deployments/${deploymentId}`, { clockOffsetSeconds: 0, timezone: 'UTC' });
    expect(await instants(ids)).toEqual(['2026-05-02T07:00:00.000Z', '2026-05-02T07:00:00.000Z']);
    const [exif, none] = await Promise.all(ids.map((id) => gateway.patch(`/images/${id}`, { localTime: null })));
    expect(exif?.body).toMatchObject({
      capturedLocal: '2026-05-01T06:00:00',
      localTime: '2026-05-01T06:00:00',
      capturedAt: '2026-05-01T06:00:00.000Z',
      timeSource: 'exif',
    });
    expect(none?.body).toMatchObject({ capturedLocal: null, localTime: null, capturedAt: null, timeSource: 'none' });
  });

  it('gives an image the zone of the deployment that it is moved to, and no time without one', async () => {
    const { ids } = await given(['2026-05-01T06:00:00']);
    const utc = await gateway.post(`/projects/${projectId}/deployments`, { name: 'in UTC', timezone: 'UTC' });
    expect((await gateway.patch(`/images/${ids[0]}`, { deploymentId: utc.body.id })).body).toMatchObject({
      deploymentId: utc.body.id,
      capturedAt: '2026-05-01T06:00:00.000Z',
    });
    expect((await gateway.patch(`/images/${ids[0]}`, { deploymentId: null })).body).toMatchObject({
      deploymentId: null,
      timezone: null,
      localTime: null,
      capturedAt: null,
    });
    const elsewhere = await gateway.deployment(await gateway.project());
    expect((await gateway.patch(`/images/${ids[0]}`, { deploymentId: elsewhere })).status).toBe(422);
  });

  it('corrects an image that is ingested while the zone is being corrected', async () => {
    const { deploymentId } = await given([]);
    const { ingestId } = await gateway.images(projectId, [], { deploymentId });
    const coming = await gateway.db.startTransaction().execute();
    const origin = { projectId, deploymentId, ingestId, mode: 'reference' as const };
    const added = await gateway.repositories.images.insertNew(coming, origin, [
      newImage('coming.jpg', '2026-05-01T06:00:00'),
    ]);
    const corrected = gateway.patch(`/deployments/${deploymentId}`, { timezone: 'Asia/Tokyo' });
    await Promise.race([corrected, gateway.waitForBlockedStatement()]);
    await coming.commit().execute();
    expect((await corrected).body.times).toMatchObject({ images: 1, first: '2026-04-30T21:00:00.000Z' });
    expect(await instants([...added.values()])).toEqual(['2026-04-30T21:00:00.000Z']);
  });

  it('gives an image the new zone when it is ingested before the correction is committed', async () => {
    const { deploymentId } = await given([]);
    const correcting = await gateway.db.startTransaction().execute();
    await gateway.repositories.deployments.lock(correcting, deploymentId);
    await gateway.repositories.deployments.update(correcting, deploymentId, { timezone: 'Asia/Tokyo' });
    const coming = gateway.images(projectId, ['coming.jpg'], { deploymentId, capturedLocal: '2026-05-01T06:00:00' });
    await Promise.race([coming, gateway.waitForBlockedStatement()]);
    await correcting.commit().execute();
    expect(await instants((await coming).ids)).toEqual(['2026-04-30T21:00:00.000Z']);
  });

  it('changes name, camera and location, and no other field', async () => {
    const made = await gateway.post(`/projects/${projectId}/deployments`, {
      name: 'old name',
      timezone: 'UTC',
      clockOffsetSeconds: 5,
      camera: 'CAM-7',
      locationName: 'Here',
      latitude: 1,
      longitude: 2,
    });
    const { body } = await gateway.patch(`/deployments/${made.body.id}`, {
      name: 'new name',
      locationName: 'There',
      latitude: 3,
      longitude: 4,
    });
    expect(body).toEqual({
      ...made.body,
      name: 'new name',
      locationId: expect.any(Number),
      locationName: 'There',
      latitude: 3,
      longitude: 4,
      times: expect.any(Object),
      unfinishedChangeId: null,
    });
    const cleared = await gateway.patch(`/deployments/${made.body.id}`, {
      camera: null,
      locationName: null,
      clockOffsetSeconds: null,
    });
    expect(cleared.body).toMatchObject({
      name: 'new name',
      camera: null,
      locationId: null,
      latitude: null,
      clockOffsetSeconds: 0,
    });
  });

  it.each([
    [{ timezone: null }, 400, 'timezone'],
    [{ name: null }, 400, 'name'],
    [{ timezone: 'Mars/Olympus' }, 422, 'timezone'],
    [{ latitude: 1, longitude: 2 }, 422, 'locationName'],
    [{ endsAt: '2026-05-01T00:00:00Z' }, 422, 'endsAt'],
    [{ name: 'taken' }, 409, 'name'],
    [{ locationName: 'Rock', latitude: 1, longitude: 2 }, 409, 'locationName'],
  ])('refuses the change %j and changes nothing', async (change, status, field) => {
    const project = await gateway.project();
    await gateway.post(`/projects/${project}/deployments`, {
      name: 'taken',
      timezone: 'UTC',
      locationName: 'Rock',
      latitude: 3,
      longitude: 4,
    });
    const made = await gateway.post(`/projects/${project}/deployments`, {
      name: 'mine',
      timezone: 'UTC',
      startsAt: '2026-05-02T00:00:00Z',
    });
    const answer = await gateway.patch(`/deployments/${made.body.id}`, { clockOffsetSeconds: 9, ...change });
    expect(answer.status).toBe(status);
    expect(answer.body.errors[0].field).toBe(field);
    expect((await gateway.get(`/deployments/${made.body.id}`)).body).toMatchObject(made.body);
  });

  it.each([
    '2026-05-01',
    '2026-05-01T06:00',
    '2026-05-01T06:00:00Z',
    '2026-02-30T06:00:00',
    '0000-05-01T06:00:00',
    '2026-05-01T24:00:00',
    'noon',
    5,
  ])('refuses the local time %s', async (localTime) => {
    const { ids } = await given(['2026-05-01T06:00:00']);
    expect((await gateway.patch(`/images/${ids[0]}`, { localTime })).status).toBe(
      localTime === '2026-02-30T06:00:00' ? 422 : 400,
    );
  });

  it('answers 404 for a missing deployment', async () => {
    for (const path of ['/deployments/999999', '/locations/999999']) {
      expect((await gateway.get(path)).status).toBe(404);
      expect((await gateway.patch(path, { name: 'x' })).status).toBe(404);
    }
    expect((await gateway.patch('/images/999999', { localTime: null })).status).toBe(404);
  });
});

describe('locations', () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await TestGateway.start();
  });
  afterAll(() => gateway.stop());

  it('are created, listed and moved, with all deployments at them', async () => {
    const projectId = await gateway.project();
    const made = await gateway.post(`/projects/${projectId}/locations`, { name: 'Ridge', latitude: 47, longitude: 11 });
    expect(made.status).toBe(201);
    const deployment = await gateway.post(`/projects/${projectId}/deployments`, {
      name: 'one',
      timezone: 'UTC',
      locationName: 'Ridge',
    });
    expect(deployment.body).toMatchObject({ locationId: made.body.id, latitude: 47 });
    const moved = await gateway.patch(`/locations/${made.body.id}`, { latitude: 48, longitude: 12 });
    expect(moved.body).toEqual({ ...made.body, latitude: 48, longitude: 12 });
    expect((await gateway.get(`/deployments/${deployment.body.id}`)).body).toMatchObject({
      latitude: 48,
      longitude: 12,
    });
    expect((await gateway.get(`/projects/${projectId}/locations`)).body).toEqual({
      items: [moved.body],
      nextCursor: null,
    });
  });

  it.each([
    [{ name: 'Ridge' }, 409, 'name'],
    [{ name: 'Peak', latitude: 1 }, 422, 'longitude'],
    [{ name: 'Peak', latitude: 1, longitude: 181 }, 400, 'longitude'],
    [{ latitude: 1, longitude: 2 }, 400, 'name'],
  ])('refuses %j', async (body, status, field) => {
    const projectId = await gateway.project();
    await gateway.post(`/projects/${projectId}/locations`, { name: 'Ridge' });
    const answer = await gateway.post(`/projects/${projectId}/locations`, body);
    expect(answer).toMatchObject({
      status,
      body: { errors: expect.arrayContaining([expect.objectContaining({ field })]) },
    });
  });
});
