import { sql } from 'kysely';
import { createDatabase, type Database } from '@pugmark/db';
import { waitUntil } from '@pugmark/testing';
import { TestGateway, type Answer } from '../testing/gateway.fixture';

/** Heavy requests that wait for a lock of the test, as if their statements took that long. */
describe('requests with long statements', () => {
  let gateway: TestGateway;
  let own: Database;
  let projectId: number;
  let release: () => Promise<void>;

  async function start(maxHeavyRequests: number): Promise<void> {
    gateway = await TestGateway.start({ settings: { maxHeavyRequests } });
    own = createDatabase({ url: gateway.databaseUrl, applicationName: 'own' });
    projectId = await gateway.project();
    await gateway.images(projectId, ['a.jpg']);
    const blocker = await own.startTransaction().execute();
    let released = false;
    release = async () => {
      if (!released) await blocker.rollback().execute();
      released = true;
    };
    await sql`lock table images in access exclusive mode`.execute(blocker);
  }
  afterEach(async () => {
    await release();
    await gateway.stop();
    await own.destroy();
  });

  const heavy = (init: RequestInit = {}): Promise<Answer> =>
    gateway.request('GET', `/images?projectId=${projectId}`, init);
  const manyHeavy = (count: number): Promise<Answer>[] => Array.from({ length: count }, () => heavy());
  async function gauge(name: 'running' | 'waiting'): Promise<number> {
    const text = await gateway.metrics.metrics();
    return Number(new RegExp(`^pugmark_heavy_requests_${name} (\\d+)$`, 'm').exec(text)?.[1]);
  }
  const untilGauges = (running: number, waiting: number): Promise<unknown> =>
    waitUntil(
      `${running} requests to run and ${waiting} to wait`,
      async () => (await gauge('running')) === running && (await gauge('waiting')) === waiting,
    );
  const statuses = async (answers: readonly Promise<Answer>[]): Promise<number[]> =>
    (await Promise.all(answers)).map(({ status }) => status);

  it('leave connections to others; those that wait too long get 503 with Retry-After', async () => {
    await start(4);
    const all = manyHeavy(8);
    await untilGauges(4, 4);

    const began = performance.now();
    expect((await gateway.get('/projects')).status).toBe(200);
    expect((await gateway.get(`/projects/${projectId}`)).status).toBe(200);
    expect(performance.now() - began).toBeLessThan(1_000);

    await untilGauges(4, 0);
    await release();
    const answers = await Promise.all(all);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 200, 200, 503, 503, 503, 503]);
    for (const { headers, body } of answers.filter(({ status }) => status === 503)) {
      expect(headers.get('retry-after')).toBe('5');
      expect(body).toMatchObject({
        type: 'urn:pugmark:problem:overloaded',
        detail: expect.stringContaining('DATABASE_POOL_SIZE'),
      });
    }
    expect(await gateway.metrics.metrics()).toContain('pugmark_heavy_requests_refused_total{reason="too_long"} 4');
    await untilGauges(0, 0);
  });

  it('wait in a queue of limited length; once others end, those in it are answered', async () => {
    await start(1);
    const all = manyHeavy(9);
    await untilGauges(1, 8);
    expect(await heavy()).toMatchObject({ status: 503, body: { type: 'urn:pugmark:problem:overloaded' } });
    expect(await gateway.metrics.metrics()).toContain('pugmark_heavy_requests_refused_total{reason="too_many"} 1');
    await release();
    expect(await statuses(all)).toEqual(all.map(() => 200));
    await untilGauges(0, 0);
  });

  it('leave the queue when their client disconnects, and are not run', async () => {
    await start(1);
    const first = heavy();
    await untilGauges(1, 0);
    const leaving = new AbortController();
    const abandoned = fetch(`${gateway.url}/images?projectId=${projectId}`, {
      headers: { authorization: `Bearer ${gateway.adminKey}` },
      signal: leaving.signal,
    });
    await untilGauges(1, 1);
    leaving.abort();
    await expect(abandoned).rejects.toThrow('aborted');
    await untilGauges(1, 0);
    await release();
    expect((await first).status).toBe(200);
    await untilGauges(0, 0);
  });

  it('free their place when they fail, and when their client disconnects while they run', async () => {
    await start(1);
    const leaving = new AbortController();
    const abandoned = fetch(`${gateway.url}/images?projectId=${projectId}`, {
      headers: { authorization: `Bearer ${gateway.adminKey}` },
      signal: leaving.signal,
    });
    await untilGauges(1, 0);
    leaving.abort();
    await expect(abandoned).rejects.toThrow('aborted');
    const failing = heavy();
    await untilGauges(1, 1);
    // The statement of the request that runs, then the two tries of the one after it.
    for (let n = 0; n < 4; n += 1) {
      const pid = await gateway.waitForBlockedStatement(own);
      await sql`select pg_terminate_backend(${pid})`.execute(own);
      await waitUntil(
        'the connection to be terminated',
        async () => (await sql`select 1 from pg_stat_activity where pid = ${pid}`.execute(own)).rows.length === 0,
      );
    }
    expect((await failing).status).toBe(503);
    await untilGauges(0, 0);
    await release();
    expect((await heavy()).status).toBe(200);
  });
});
