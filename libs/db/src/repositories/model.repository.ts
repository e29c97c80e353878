import { sql, type Selectable } from 'kysely';
import type { ModelManifest } from '@pugmark/domain';
import type { Executor } from '../database';
import type { ModelsTable } from '../schema';

export type ModelRow = Selectable<ModelsTable>;

export class ModelRepository {
  /** Makes the model known, once for each name and version, and answers its row. */
  async register(db: Executor, manifest: ModelManifest): Promise<ModelRow> {
    return db
      .insertInto('models')
      .values({
        name: manifest.name,
        version: manifest.version,
        licence: manifest.licence,
        threshold: manifest.threshold,
        manifest: JSON.stringify(manifest),
      })
      // An update that changes nothing, because `do nothing` would not return the row.
      .onConflict((conflict) => conflict.columns(['name', 'version']).doUpdateSet({ name: sql.ref('excluded.name') }))
      .returningAll()
      .executeTakeFirstOrThrow();
  }

  async find(db: Executor, id: number): Promise<ModelRow | null> {
    return (await db.selectFrom('models').selectAll().where('id', '=', id).executeTakeFirst()) ?? null;
  }

  /** The one that was registered last; null before any worker has started. */
  async newest(db: Executor): Promise<ModelRow | null> {
    return (await db.selectFrom('models').selectAll().orderBy('id', 'desc').limit(1).executeTakeFirst()) ?? null;
  }

  /** In the order in which they were registered. */
  async all(db: Executor): Promise<ModelRow[]> {
    return db.selectFrom('models').selectAll().orderBy('id').execute();
  }

  /** The model of each of these runs. */
  async ofRuns(db: Executor, runIds: readonly number[]): Promise<{ runId: number; modelId: number }[]> {
    return db.selectFrom('runs').select(['id as runId', 'model_id as modelId']).where('id', 'in', [...runIds]).execute();
  }
}
