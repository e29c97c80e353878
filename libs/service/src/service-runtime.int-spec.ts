import { createDatabase, migrate, type Database } from '@pugmark/db';
import { createMetrics, loadConfig, ServiceConfig } from '@pugmark/platform';
import {
  createTestDatabase,
  createTestVhost,
  testLogger,
  waitUntil,
  type TestDatabase,
  type TestVhost,
} from '@pugmark/testing';
import { ServiceRuntime } from './service-runtime';

describe('the dispatcher of a service', () => {
  let server: TestDatabase;
  let vhost: TestVhost;
  let db: Database;

  beforeAll(async () => {
    [server, vhost] = await Promise.all([createTestDatabase(migrate), createTestVhost()]);
    db = createDatabase({ url: server.url, applicationName: 'test' });
  });
  afterAll(async () => {
    await db.destroy();
    await Promise.all([server.drop(), vhost.drop()]);
  });

  it('publishes although requests hold all connections of the service', async () => {
    const runtime = new ServiceRuntime('gateway', {
      config: loadConfig(ServiceConfig, {
        DATABASE_URL: server.url,
        DATABASE_POOL_SIZE: '2',
        RABBITMQ_URL: vhost.url,
        RABBITMQ_MANAGEMENT_URL: vhost.managementUrl,
        HEALTH_PORT: '0',
      }),
      logger: testLogger(),
      metrics: createMetrics('gateway'),
      signal: new AbortController().signal,
      fail: (error) => {
        throw error;
      },
    });
    const broker = runtime.openBroker();
    broker.start();
    const held = [await runtime.db.startTransaction().execute(), await runtime.db.startTransaction().execute()];
    runtime.startDispatcher(broker);
    await db.insertInto('tasks').values({ kind: 'detect', subject_id: 1 }).execute();
    await waitUntil('the task to be queued', async () => {
      const { state } = await db.selectFrom('tasks').select('state').executeTakeFirstOrThrow();
      return state === 'queued';
    });
    for (const tx of held) await tx.rollback().execute();
    await runtime.running().drain();
  });
});
