import { rmSync } from 'node:fs';
import { sql } from 'kysely';
import { Broker } from '@pugmark/broker';
import {
  ClassificationRepository,
  DetectionRepository,
  ImageRepository,
  ModelRepository,
  RunControlRepository,
  RunCountsRepository,
  TaskRepository,
  createDatabase,
  createLeaseStore,
  migrate,
  type Database,
} from '@pugmark/db';
import { BUILTIN_MODEL } from '@pugmark/inference';
import { createMetrics, createTaskMetrics } from '@pugmark/platform';
import { Dispatcher, TaskWorker } from '@pugmark/tasks';
import { createTestDatabase, createTestVhost, testLogger } from '@pugmark/testing';
import { EnginePool, type EnginePoolOptions } from '../engine/engine-pool';
import { createFakeEngine } from '../engine/testing/fake-engine';
import { DetectHandler } from '../handlers/detect.handler';
import { ModelCatalogue } from '../models/model-catalogue';
import { createModelRef } from '../models/model-ref';

/**
 * A dispatcher and a detect worker with their own database and virtual host, and engine processes that can
 * crash.
 */
export interface DetectRig {
  readonly db: Database;
  readonly pool: EnginePool;
  /**
   * Creates images with these paths and their tasks; see the fake engine for the meaning of a path. Returns the images'
   * ids in the same order.
   */
  createImages(paths: readonly string[]): Promise<number[]>;
  stop(): Promise<void>;
}

const MODELS = { modelsDir: '', loadDeadlineMs: 60_000 };

export async function startDetectRig(options: Partial<EnginePoolOptions> = {}): Promise<DetectRig> {
  const stop: (() => Promise<unknown>)[] = [];
  const [server, vhost] = await Promise.all([createTestDatabase(migrate), createTestVhost()]);
  stop.push(() => Promise.all([server.drop(), vhost.drop()]));
  const db = createDatabase({ url: server.url, applicationName: 'test' });
  stop.push(() => db.destroy());
  const fake = createFakeEngine();
  const pool = new EnginePool({
    childPath: fake.childPath,
    processes: 2,
    engine: { engine: 'null', device: 'auto', tensorflowDir: '', convertedDir: '' },
    models: [await createModelRef(BUILTIN_MODEL, MODELS)],
    pixelLimit: 1,
    batchImages: 4,
    logger: testLogger(),
    imageDeadlineMs: 10_000,
    restart: { firstMs: 10, maxMs: 200 },
    ...options,
  });
  stop.push(() => pool.stop(0));
  await pool.start();
  const createBroker = (service: 'gateway' | 'ml-worker'): Broker => {
    const broker = new Broker({
      url: vhost.url,
      managementUrl: vhost.managementUrl,
      service,
      logger: testLogger(),
      metrics: createMetrics(service),
    });
    stop.push(() => broker.close());
    return broker;
  };
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
      runCounts: new RunCountsRepository(),
      catalogue: new ModelCatalogue(db, new ModelRepository(), MODELS),
      pool,
      engine: 'null',
      pathOfKey: (key) => key,
    }),
    store: new TaskRepository(db),
    leases: leases.store,
    source: broker,
    owner: 'test',
    batchSize: 16,
    batchDelayMs: 5,
    concurrency: 4,
    stallLimitMs: 60_000,
    logger: testLogger(),
    metrics: createTaskMetrics(createMetrics('w')),
    onFatal: () => undefined,
  });
  worker.start();
  broker.start();
  stop.push(() => worker.drain());
  const gatewayBroker = createBroker('gateway');
  gatewayBroker.start();
  const dispatcher = new Dispatcher({
    store: new TaskRepository(db),
    runs: new RunControlRepository(db),
    publisher: gatewayBroker,
    logger: testLogger(),
    metrics: createTaskMetrics(createMetrics('d')),
  });
  dispatcher.start();
  stop.push(() => dispatcher.stop());
  return {
    db,
    pool,
    createImages: (paths) => createImages(db, paths),
    stop: async () => {
      for (const end of stop.reverse()) await end();
      rmSync(fake.folder, { recursive: true, force: true });
    },
  };
}

async function createImages(db: Database, paths: readonly string[]): Promise<number[]> {
  const model = await new ModelRepository().register(db, BUILTIN_MODEL);
  const { rows } = await sql<{ id: number }>`
    with p as (insert into projects (name) values (gen_random_uuid()::text) returning id),
      i as (insert into ingests (project_id, source, mode, folder)
        select id, 'folder', 'reference', '/' from p returning id, project_id),
      r as (insert into runs (project_id, model_id) select id, ${model.id}::bigint from p returning id),
      image as (
        insert into images (project_id, ingest_id, sha256, mode, location, file_path, format, bytes, width, height)
        select i.project_id, i.id, sha256(convert_to(path.n::text, 'utf8')), 'reference', path.path,
          path.n || '.jpg', 'jpeg', 1, 4, 3
        from i, unnest(${[...paths]}::text[]) with ordinality as path (path, n) order by path.n returning id),
      task as (insert into tasks (kind, subject_id, run_id)
        select 'detect', image.id, r.id from image, r order by image.id)
    select id from image order by id`.execute(db);
  return rows.map(({ id }) => id);
}
