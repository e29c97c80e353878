import { rmSync } from 'node:fs';
import { ModelRepository, createDatabase, migrate, type Database } from '@pugmark/db';
import { BUILTIN_MODEL } from '@pugmark/inference';
import { createTestDatabase, testLogger, waitUntil, type TestDatabase } from '@pugmark/testing';
import { EnginePool } from '../engine/engine-pool';
import { createFakeEngine, type FakeEngine } from '../engine/testing/fake-engine';
import { ModelCatalogue } from './model-catalogue';
import { createModelRef } from './model-ref';
import { preloadModels } from './preload-models';

const SETTINGS = { modelsDir: '/models', loadDeadlineMs: 60_000 };

describe('preloadModels', () => {
  let server: TestDatabase;
  let db: Database;
  let fake: FakeEngine;
  let pool: EnginePool;
  const models = new ModelRepository();

  beforeEach(async () => {
    server = await createTestDatabase(migrate);
    db = createDatabase({ url: server.url, applicationName: 'test' });
    fake = createFakeEngine();
    pool = new EnginePool({
      childPath: fake.childPath,
      processes: 2,
      engine: { engine: 'null', device: 'auto', tensorflowDir: '', convertedDir: '' },
      models: [await createModelRef(BUILTIN_MODEL, SETTINGS)],
      pixelLimit: 1,
      logger: testLogger(),
    });
    await pool.start();
    await models.register(db, BUILTIN_MODEL);
  });
  afterEach(async () => {
    await pool.stop(0);
    await db.destroy();
    await server.drop();
    rmSync(fake.folder, { recursive: true, force: true });
  });

  const loads = () => fake.log().flatMap(({ load }) => (load === undefined ? [] : [load]));

  it('loads a new default in every process while the old one works, and the models that projects use', async () => {
    const { id } = await models.register(db, { ...BUILTIN_MODEL, name: 'better' });
    await models.register(db, { ...BUILTIN_MODEL, name: 'unwanted' });
    const species = await models.register(db, { ...BUILTIN_MODEL, name: 'species', decoder: 'softmax' });
    await db
      .insertInto('projects')
      .values({ name: 'p', classifier_id: species.id, classify_category: 'animal', classify_threshold: 0.3 })
      .execute();
    await db.transaction().execute((tx) => models.makeDefault(tx, id));
    const loop = preloadModels(new ModelCatalogue(db, models, SETTINGS), pool, 3, testLogger());
    try {
      await waitUntil('both to be loaded twice', () => loads().length >= 4);
      expect(await pool.infer(await createModelRef(BUILTIN_MODEL, SETTINGS), [{ id: 1, path: 'a' }])).toMatchObject([
        { ok: true },
      ]);
      expect([...loads()].sort()).toEqual(['better 1', 'better 1', 'species 1', 'species 1']);
    } finally {
      await loop.stop();
    }
  });
});
