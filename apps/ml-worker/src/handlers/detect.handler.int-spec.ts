import { rmSync } from 'node:fs';
import { sql } from 'kysely';
import { Broker } from '@pugmark/broker';
import { ClassificationRepository, DetectionRepository, ImageRepository, ModelRepository, TaskRepository, createDatabase, createLeaseStore, migrate, type Database } from '@pugmark/db';
import { TASK_POLICIES } from '@pugmark/domain';
import { BUILTIN_MODEL } from '@pugmark/inference';
import { createMetrics, createTaskMetrics } from '@pugmark/platform';
import { Dispatcher, TaskWorker } from '@pugmark/tasks';
import { createTestDatabase, createTestVhost, testLogger, waitUntil, type TestDatabase, type TestVhost } from '@pugmark/testing';
import { EnginePool } from '../engine/engine-pool';
import { createFakeEngine, type FakeEngine } from '../engine/testing/fake-engine';
import { ModelCatalogue, modelRef } from '../models/model-catalogue';
import { DetectHandler } from './detect.handler';

/** Three leases. */
const BUSY_MS = 3 * TASK_POLICIES.detect.leaseSeconds * 1_000;

describe('a picture that keeps an engine busy for several leases', () => {
  let server: TestDatabase;
  let vhost: TestVhost;
  let db: Database;
  let fake: FakeEngine;
  const stop: (() => Promise<unknown>)[] = [];

  beforeAll(async () => {
    [server, vhost] = await Promise.all([createTestDatabase(migrate), createTestVhost()]);
    db = createDatabase({ url: server.url, applicationName: 'test' });
    fake = createFakeEngine();
  });

  afterAll(async () => {
    for (const end of stop.reverse()) await end();
    await db.destroy();
    await Promise.all([server.drop(), vhost.drop()]);
    rmSync(fake.folder, { recursive: true, force: true });
  });

  function createBroker(service: 'gateway' | 'ml-worker'): Broker {
    const broker = new Broker({ url: vhost.url, managementUrl: vhost.managementUrl, service, logger: testLogger(), metrics: createMetrics(service) });
    stop.push(() => broker.close());
    return broker;
  }

  async function givenPicture(path: string): Promise<void> {
    const model = await new ModelRepository().register(db, BUILTIN_MODEL);
    await sql`
      with p as (insert into projects (name) values ('p') returning id),
        i as (insert into ingests (project_id, source, mode, folder) select id, 'folder', 'reference', '/' from p returning id, project_id),
        r as (insert into runs (project_id, model_id) select id, ${model.id}::bigint from p returning id),
        image as (
          insert into images (project_id, ingest_id, sha256, mode, location, file_path, format, bytes, width, height)
          select project_id, id, decode(repeat('00', 32), 'hex'), 'reference', ${path}, 'a.jpg', 'jpeg', 1, 4, 3 from i returning id)
      insert into tasks (kind, subject_id, run_id) select 'detect', image.id, r.id from image, r`.execute(db);
  }

  it('is done in its first attempt: the supervisor renews the lease meanwhile', async () => {
    await givenPicture(`busy:${BUSY_MS}`);
    const pool = new EnginePool({
      childPath: fake.childPath,
      processes: 1,
      engine: { engine: 'null', device: 'auto', tensorflowDir: '', convertedDir: '' },
      models: [modelRef(BUILTIN_MODEL, '')],
      pixelLimit: 1,
      logger: testLogger(),
      imageDeadlineMs: 2 * BUSY_MS,
    });
    stop.push(() => pool.stop(0));
    await pool.start();
    const broker = createBroker('ml-worker');
    broker.consume('classify', 1, (delivery) => delivery.ack());
    const leases = createLeaseStore({ url: server.url, applicationName: 'test-leases' });
    stop.push(() => leases.close());
    const worker = new TaskWorker({
      handler: new DetectHandler({
        db,
        images: new ImageRepository(),
        detections: new DetectionRepository(),
        classifications: new ClassificationRepository(),
        catalogue: new ModelCatalogue(db, new ModelRepository(), ''),
        pool,
        engine: 'null',
        pathOfKey: (key) => key,
      }),
      store: new TaskRepository(db),
      leases: leases.store,
      source: broker,
      owner: 'test',
      batchSize: 8,
      batchDelayMs: 5,
      concurrency: 2,
      logger: testLogger(),
      metrics: createTaskMetrics(createMetrics('w')),
      onFatal: () => undefined,
    });
    worker.start();
    broker.start();
    stop.push(() => worker.drain());
    const ringer = createBroker('gateway');
    ringer.start();
    const dispatcher = new Dispatcher({ store: new TaskRepository(db), publisher: ringer, logger: testLogger(), metrics: createTaskMetrics(createMetrics('d')) });
    dispatcher.start();
    stop.push(() => dispatcher.stop());

    const task = () => db.selectFrom('tasks').selectAll().executeTakeFirstOrThrow();
    await waitUntil('the picture to be done', async () => (await task()).state === 'done', 2 * BUSY_MS);
    const { attempt, started_at: started, finished_at: finished } = await task();
    expect(attempt).toBe(1);
    expect((finished?.getTime() ?? 0) - (started?.getTime() ?? 0)).toBeGreaterThanOrEqual(BUSY_MS);
  }, 3 * BUSY_MS);
});
