import { sql } from 'kysely';
import { createDatabase, migrate, type Database } from '@pugmark/db';
import { createTestDatabase, startDatabaseRelay, waitUntil, type TestDatabase } from '@pugmark/testing';
import type { EventClient } from '../../testing/event-client.fixture';
import { TestGateway, type TestGatewayOptions } from '../../testing/gateway.fixture';

/** Two gateways on one database: a key is revoked at one, and has streams at the other. */
describe('the streams of a revoked key', () => {
  let database: TestDatabase;
  let own: Database;
  let first: TestGateway;
  const end: (() => Promise<unknown> | void)[] = [];
  beforeAll(async () => {
    database = await createTestDatabase(migrate);
    own = createDatabase({ url: database.url, applicationName: 'own' });
    first = await TestGateway.start({ databaseUrl: database.url });
    first.adminKey = await first.key(['admin']);
  });
  afterEach(async () => {
    for (const step of end.splice(0).reverse()) await step();
  });
  afterAll(async () => {
    await first.stop();
    await own.destroy();
    await database.drop();
  });

  async function startSecond(options: TestGatewayOptions = {}): Promise<TestGateway> {
    const second = await TestGateway.start({ databaseUrl: database.url, ...options });
    end.push(() => second.stop());
    return second;
  }

  async function listen(gateway: TestGateway, key: string): Promise<EventClient> {
    const client = await gateway.listen('/feed', { key });
    end.push(() => client.disconnect());
    await client.until('a heartbeat', ({ heartbeats }) => heartbeats > 0);
    return client;
  }

  /** Resolves with the milliseconds until the stream has ended. */
  async function untilEnd(client: EventClient, since: number): Promise<number> {
    await waitUntil('the end of the stream', () => client.ended, 30_000);
    return performance.now() - since;
  }

  it('end within 2 s at every gateway, even one whose connections are all busy; others continue', async () => {
    const second = await startSecond({ database: { poolSize: 2 } });
    const { key, id } = (await first.post('/keys', { name: 'short', scopes: ['read'] })).body;
    const streams = [await listen(first, key), await listen(second, key)];
    const session = await second.post('/session', { key });
    const cookie = session.headers.get('set-cookie')!.split(';')[0]!;
    streams.push(await second.listen('/feed', { headers: { cookie, authorization: '' } }));
    const stays = await listen(second, first.adminKey);
    const busy = await Promise.all([1, 2].map(() => second.db.startTransaction().execute()));
    end.push(() => Promise.all(busy.map((tx) => tx.rollback().execute())));

    const revokedAt = performance.now();
    expect((await first.request('DELETE', `/keys/${id}`)).status).toBe(204);
    for (const client of streams) expect(await untilEnd(client, revokedAt)).toBeLessThan(2_000);
    expect(stays.ended).toBe(false);
  });

  it('end within a minute at a gateway that cannot reach the database, as do all others', async () => {
    const relay = await startDatabaseRelay(database.url);
    const second = await startSecond({
      databaseUrl: relay.url,
      streams: { checkKeysMs: 100, unverifiedMs: 1_000, heartbeatMs: 200 },
    });
    const client = await listen(second, first.adminKey);
    // The stream then reads from memory, and would not notice an outage.
    await client.until('the feed to be read twice', ({ heartbeats }) => heartbeats > 6);
    const unreachableAt = performance.now();
    relay.close();
    const took = await untilEnd(client, unreachableAt);
    expect(took).toBeGreaterThan(800);
    // The last check may have begun 100 ms before, and the next one follows after at most a second.
    expect(took).toBeLessThan(3_000);
  });

  it('end at a gateway whose database does not answer', async () => {
    const second = await startSecond({ streams: { checkKeysMs: 100, unverifiedMs: 1_000 } });
    const client = await listen(second, first.adminKey);
    const blocker = await own.startTransaction().execute();
    end.push(() => blocker.rollback().execute());
    await sql`lock table api_keys in access exclusive mode`.execute(blocker);
    expect(await untilEnd(client, performance.now())).toBeLessThan(9_000);
  });
});
