import { waitUntil } from '@pugmark/testing';
import { sql } from 'kysely';
import type { EventClient, ListenOptions } from '../../testing/event-client.fixture';
import { TestGateway } from '../../testing/gateway.fixture';

/** Shorter timeouts than in production. */
const QUICK = { heartbeatMs: 200, unreadMs: 300, checkKeysMs: 100 };

describe('GET /feed', () => {
  let gateway: TestGateway;
  let projectId: number;
  let modelId: number;
  const clients: EventClient[] = [];
  const listen = async (path?: string, options?: ListenOptions, of = gateway): Promise<EventClient> => {
    const client = await of.listen(path, { key: gateway.adminKey, ...options });
    clients.push(client);
    return client;
  };
  beforeAll(async () => {
    gateway = await TestGateway.start({
      writeFeedEveryMs: 20,
      streams: { ...QUICK, maxStreamsPerKey: 3, maxStreams: 5 },
      http: { idleTimeoutMs: 1_000 },
    });
    modelId = (await gateway.model()).id;
  });
  beforeEach(async () => {
    projectId = await gateway.project();
  });
  afterEach(async () => {
    for (const client of clients.splice(0)) client.disconnect();
    // Otherwise the next test would receive what this one left unfinished.
    await gateway.db
      .updateTable('tasks')
      .set({ state: 'done', finished_at: new Date() })
      .where('state', 'in', ['waiting', 'queued', 'running'])
      .execute();
    await gateway.repositories.incidents.resolveOthers(gateway.db, 'check', []);
    await waitUntil(
      'no run or export to be unfinished',
      async () =>
        (
          await gateway.db
            .selectFrom('feed')
            .select('id')
            .where('latest', '=', true)
            .where('ended', '=', false)
            .execute()
        ).length === 0,
    );
    await waitUntil('no stream to be open', () => streams(gateway).then((count) => count === 0));
  });
  afterAll(() => gateway.stop());

  const newRun = async (project = projectId): Promise<{ id: number; images: number[] }> => {
    const id = await gateway.run(project, modelId);
    const { ids, ingestId } = await gateway.images(project, ['a.jpg', 'b.jpg'], { runId: id });
    await gateway.finish('scan', [ingestId]);
    return { id, images: ids };
  };
  const newExport = async (project = projectId): Promise<number> =>
    (await gateway.post('/exports', { projectId: project, format: 'csv', content: 'detections' })).body.id;
  const newest = async (): Promise<number> => (await gateway.repositories.feed.readBounds(gateway.db)).newest;
  const idsAfter = async (after: number): Promise<number[]> =>
    (await gateway.db.selectFrom('feed').select('id').where('id', '>', after).orderBy('id').execute()).map(
      ({ id }) => id,
    );
  const inFeed = (topic: 'run' | 'export' | 'incident', subjectId: number) =>
    waitUntil('the feed to publish it', () =>
      gateway.db
        .selectFrom('feed')
        .select('id')
        .where('topic', '=', topic)
        .where('subject_id', '=', subjectId)
        .executeTakeFirst(),
    );

  it('starts with everything unfinished, then sends what changes, as the API documents it', async () => {
    const run = await newRun();
    const ended = await newRun();
    await gateway.finish('detect', ended.images);
    await waitUntil(
      'both to be sent',
      async () =>
        (await inFeed('run', run.id)) &&
        gateway.db
          .selectFrom('feed')
          .select('id')
          .where('subject_id', '=', ended.id)
          .where('ended', '=', true)
          .executeTakeFirst(),
    );
    const client = await listen();
    expect(client.status).toBe(200);
    expect(client.response.headers).toMatchObject({
      'content-type': expect.stringMatching(/^text\/event-stream/),
      'cache-control': 'no-cache, no-transform',
      'x-accel-buffering': 'no',
    });
    await client.until('the run', ({ events }) => events.length > 0);
    expect(client.retryMs).toBeGreaterThanOrEqual(1_000);
    expect(client.of('run').map(({ id }) => id)).toEqual([run.id]);
    const exportId = await newExport();
    await client.until('the export', () => client.of('export').length > 0);
    expect(client.of('export')[0]).toEqual((await gateway.get(`/exports/${exportId}`)).body);
    await gateway.finish('detect', run.images);
    await client.until('the end of the run', () => client.of('run').some(({ state }) => state === 'done'));
  });

  it('continues after the last event id, without loss or duplicates', async () => {
    const run = await newRun();
    const before = await newest();
    const first = await listen('/feed', { lastEventId: before });
    await first.until('the run', () => first.events.length > 0);
    first.disconnect();
    await gateway.finish('detect', run.images);
    const [one, two] = [await newRun(), await newRun()];
    for (const { id } of [one, two]) await inFeed('run', id);
    for (const again of [
      await listen('/feed', { lastEventId: first.lastEventId! }),
      await listen(`/feed?lastEventId=${first.lastEventId}`),
    ]) {
      await again.until('the events missed meanwhile', () => again.of('run').some(({ id }) => id === two.id));
      expect([...first.ids, ...again.ids]).toEqual(
        (await idsAfter(before)).slice(0, first.ids.length + again.ids.length),
      );
      expect(again.events.map(({ event }) => event)).not.toContain('reset');
    }
  });

  it('keeps its position also when nothing matched the filter', async () => {
    const client = await listen('/feed?topics=incident');
    await newRun().then(({ id }) => inFeed('run', id));
    const position = await newest();
    await client.until('an id without an event', ({ lastEventId }) => Number(lastEventId) >= position);
    expect(client.events).toEqual([]);
  });

  it.each([
    [
      'is older than the kept events',
      () =>
        gateway.db
          .updateTable('feed_state')
          .set({ deleted_up_to: sql<number>`(select max(id) from feed)` })
          .execute(),
      1,
    ],
    ['never existed', () => Promise.resolve(), 999_999_999],
  ])('sends a reset to a client whose id %s', async (_what, prepare, lastEventId) => {
    const run = await newRun();
    await inFeed('run', run.id);
    await prepare();
    const client = await listen('/feed', { lastEventId });
    await client.until('the run', () => client.of('run').length > 0);
    expect(client.events[0]).toMatchObject({
      id: null,
      event: 'reset',
      data: { reason: expect.stringContaining('reload') },
    });
    expect(client.of('run')).toMatchObject([{ id: run.id, state: 'active' }]);
  });

  it('sends keys bound to projects only theirs, and no incidents', async () => {
    const other = await gateway.project();
    const key = await gateway.key(['read'], { projectIds: [projectId] });
    const before = await newest();
    const bound = await listen('/feed', { key });
    const ofProject = await listen(`/feed?projectId=${other}&topics=run,incident`);
    const { id: incidentId } = await gateway.repositories.incidents.open(gateway.db, {
      check: 'check',
      subject: 's',
      severity: 'warning',
      message: 'm',
    });
    const [own, foreign] = [await newRun(), await newRun(other)];
    const exportId = await newExport(other);
    await ofProject.until(
      'run and incident',
      () => ofProject.of('run').length > 0 && ofProject.of('incident').length > 0,
    );
    expect(ofProject.of('run').every(({ id }) => id === foreign.id)).toBe(true);
    expect(ofProject.of('incident')).toMatchObject([{ id: incidentId }]);
    for (const [topic, id] of [
      ['run', own.id],
      ['export', exportId],
    ] as const)
      await inFeed(topic, id);
    await bound.until('its run', () => bound.of('run').length > 0);
    const late = await listen('/feed', { key, lastEventId: before });
    await late.until('its run', () => late.of('run').length > 0);
    for (const client of [bound, late]) {
      expect(client.events.every(({ event, data }) => event !== 'incident' && data.projectId === projectId)).toBe(true);
    }
    expect((await gateway.get(`/feed?projectId=${other}`, { authorization: `Bearer ${key}` })).status).toBe(403);
  });

  it.each([
    ['topics=images', 400],
    ['topics=', 400],
    ['lastEventId=x', 400],
    ['projectId=999999', 422],
  ])('refuses %s with %i', async (query, status) => {
    expect((await gateway.get(`/feed?${query}`)).status).toBe(status);
  });

  it('refuses a malformed id, and answers HEAD', async () => {
    expect((await gateway.get('/feed', { 'last-event-id': 'abc' })).status).toBe(400);
    expect((await gateway.request('HEAD', '/feed')).status).toBe(200);
  });

  it('sends heartbeats, which keep the connection open beyond the idle timeout', async () => {
    const slow = await TestGateway.start({
      databaseUrl: gateway.databaseUrl,
      http: { idleTimeoutMs: 300 },
      streams: { heartbeatMs: 1_200 },
    });
    const client = await listen('/feed', {}, slow);
    await client.until('two heartbeats', ({ heartbeats }) => heartbeats >= 3, 10_000);
    expect(client.ended).toBe(false);
    await slow.stop();
    await client.until('its end', ({ ended }) => ended);
  });

  it('closes the stream of a client that does not read, buffers nothing for it, and lets it continue where it was', async () => {
    const before = await newest();
    const client = await listen('/feed', { lastEventId: before });
    await client.until('a heartbeat', ({ heartbeats }) => heartbeats > 0);
    client.stopReading();
    // More than the buffers of two TCP stacks hold.
    await gateway.db.transaction().execute(async (tx) => {
      await waitUntil('the turn to write', () => gateway.repositories.feed.beginScan(tx));
      await sql`insert into feed (project_id, topic, subject_id, data, ended, recheck, latest)
        select ${projectId}, 'run', n, jsonb_build_object('filler', repeat('x', 10000)), true, false, false
        from generate_series(1, 3000) n`.execute(tx);
    });
    await waitUntil('the stream to be closed', async () => (await streams(gateway)) === 0);
    expect(await metric(gateway, 'pugmark_event_streams_cut_total')).toBeGreaterThan(0);
    client.readOn();
    await waitUntil('the rest to arrive', () => client.ended);
    // With longer timeouts: the client must receive all of it.
    const patient = await TestGateway.start({ databaseUrl: gateway.databaseUrl });
    const again = await listen('/feed', { lastEventId: client.lastEventId! }, patient);
    await waitUntil('everything', () => client.ids.length + again.ids.length >= 3_000);
    expect([...client.ids, ...again.ids]).toEqual(await idsAfter(before));
    await patient.stop();
    await gateway.db.deleteFrom('feed').where('id', '>', before).execute();
    await gateway.db
      .updateTable('feed_state')
      .set({ deleted_up_to: await newest() })
      .execute();
  });

  it('refuses more streams than a key or the server may have, with Retry-After', async () => {
    const first = await listen();
    for (let n = 0; n < 2; n += 1) await listen();
    const tooMany = await gateway.get('/feed');
    expect(tooMany).toMatchObject({ status: 429, body: { type: 'urn:pugmark:problem:too_many_streams' } });
    expect(Number(tooMany.headers.get('retry-after'))).toBeGreaterThan(0);
    const key = await gateway.key(['read']);
    for (let n = 0; n < 2; n += 1) await listen('/feed', { key });
    const full = await gateway.get('/feed', { authorization: `Bearer ${key}` });
    expect(full).toMatchObject({ status: 503, body: { type: 'urn:pugmark:problem:too_many_streams' } });
    expect(Number(full.headers.get('retry-after'))).toBeGreaterThan(0);
    first.disconnect();
    await waitUntil('the slot to be released', async () => (await streams(gateway)) === 4);
    expect((await gateway.get('/feed', { authorization: `Bearer ${key}` })).status).toBe(200);
  });

  it('ends when the key is revoked or expires, or its session is signed out', async () => {
    const [revoked, expiring] = [
      await gateway.key(['read']),
      await gateway.key(['read'], { expiresAt: new Date(Date.now() + 500) }),
    ];
    const signedIn = await gateway.post('/session', { key: await gateway.key(['read']) });
    const cookie = signedIn.headers.get('set-cookie')!.split(';')[0]!;
    const ending = [
      await listen('/feed', { key: revoked }),
      await listen('/feed', { key: expiring }),
      await listen('/feed', { headers: { cookie, authorization: '' } }),
    ];
    const stays = await listen();
    await gateway.db
      .updateTable('api_keys')
      .set({ revoked_at: new Date() })
      .where('prefix', '=', revoked.slice(0, 11))
      .execute();
    await gateway.request('DELETE', '/session', { headers: { cookie, 'x-csrf-token': signedIn.body.csrfToken } });
    for (const client of ending) await client.until('its end', ({ ended }) => ended);
    expect(stays.ended).toBe(false);
  });

  it('ends at once when the gateway drains, and continues at the next gateway where it was', async () => {
    const first = await TestGateway.start({ databaseUrl: gateway.databaseUrl });
    const before = await newest();
    const client = await listen('/feed', { lastEventId: before }, first);
    const [one, stuck] = [await newRun(), await listen('/feed', { lastEventId: before }, first)];
    stuck.stopReading();
    await client.until('the run', () => client.of('run').length > 0);
    const startedAt = performance.now();
    await first.drain();
    expect(performance.now() - startedAt).toBeLessThan(1_000);
    await client.until('its end', ({ ended }) => ended);
    await first.stop();
    // While no gateway is running.
    await gateway.finish('detect', one.images);
    const next = await TestGateway.start({ databaseUrl: gateway.databaseUrl });
    const again = await listen('/feed', { lastEventId: client.lastEventId! }, next);
    await again.until('the end of the run', () => again.of('run').some(({ state }) => state === 'done'));
    expect([...client.ids, ...again.ids]).toEqual(await idsAfter(before));
    await next.stop();
  });

  it('is the same, in the same order, for clients of two gateways that both write the feed', async () => {
    const other = await TestGateway.start({ databaseUrl: gateway.databaseUrl, writeFeedEveryMs: 20 });
    const before = await newest();
    const listening = [
      await listen('/feed', { lastEventId: before }),
      await listen('/feed', { lastEventId: before }, other),
      await listen('/feed', { lastEventId: before }, other),
    ];
    for (let round = 0; round < 10; round += 1) {
      const runs = await Promise.all([newRun(), newRun(), newRun()]);
      await Promise.all([newExport(), ...runs.map(({ images }) => gateway.claim('detect', images.slice(0, 1)))]);
      // One of the clients reconnects again and again, to either gateway.
      const moved = listening.shift()!;
      await moved.until('something', ({ lastEventId }) => lastEventId !== null);
      moved.disconnect();
      const on = await listen('/feed', { lastEventId: moved.lastEventId! }, round % 2 === 0 ? gateway : other);
      on.events.unshift(...moved.events);
      listening.push(on);
      await Promise.all(runs.map(({ images }) => gateway.finish('detect', images.slice(1))));
    }
    await gateway.db
      .updateTable('tasks')
      .set({ state: 'done', finished_at: new Date() })
      .where('state', 'in', ['waiting', 'queued', 'running'])
      .execute();
    await waitUntil(
      'no run or export to be unfinished',
      async () =>
        (
          await gateway.db
            .selectFrom('feed')
            .select('id')
            .where('latest', '=', true)
            .where('ended', '=', false)
            .execute()
        ).length === 0,
    );
    const expected = await idsAfter(before);
    for (const client of listening) {
      await client.until('the last event', ({ ids }) => ids.at(-1) === expected.at(-1));
      expect(client.ids).toEqual(expected);
    }
    expect(await metric(gateway, 'pugmark_feed_rows_total')).toBeGreaterThan(0);
    expect(await metric(other, 'pugmark_feed_rows_total')).toBeGreaterThan(0);
    await other.stop();
  });
});

async function metric({ metrics }: TestGateway, name: string): Promise<number> {
  const found = (await metrics.getMetricsAsJSON()).find((one) => one.name === name);
  return (found?.values as { value: number }[] | undefined)?.[0]?.value ?? NaN;
}

function streams(gateway: TestGateway): Promise<number> {
  return metric(gateway, 'pugmark_event_streams');
}
