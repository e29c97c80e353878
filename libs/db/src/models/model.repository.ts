import { sql, type Selectable } from 'kysely';
import { PermanentError, stageOf, type Category, type ModelManifest } from '@pugmark/domain';
import { takeAdvisoryLock } from '../connection/advisory-locks';
import type { DatabaseTransaction, Executor } from '../connection/database';
import type { ModelsTable } from './models.tables';

export type ModelRow = Selectable<ModelsTable>;

/** Classifier of a run and the detections that it is applied to. */
export interface ClassifySettings {
  readonly classifierId: number;
  readonly category: Category;
  readonly threshold: number;
}

/** The ids of a run's models. */
export interface RunModels {
  readonly runId: number;
  readonly modelId: number;
  readonly classify: ClassifySettings | null;
}

export class ModelRepository {
  /**
   * Registers the model, once for each name and version, and returns its row. The first detector becomes the default.
   * Throws PermanentError `model_exists` if the name and version exist with other files: their results would be mixed
   * up.
   */
  async register(db: Executor, manifest: ModelManifest): Promise<ModelRow> {
    const { name, version, licence, threshold } = manifest;
    const stage = stageOf(manifest);
    const { rows } = await sql<ModelRow>`
      insert into models (name, version, licence, threshold, manifest, stage, is_default)
      values (${name}, ${version}, ${licence}, ${threshold}, ${JSON.stringify(manifest)}, ${stage},
        ${stage === 'detect'} and not exists (select 1 from models where is_default))
      on conflict (name, version) do update set manifest = excluded.manifest, licence = excluded.licence,
        threshold = excluded.threshold
        where models.manifest->'files' = excluded.manifest->'files'
      returning *`.execute(db);
    if (rows[0] !== undefined) return rows[0];
    throw new PermanentError(
      'model_exists',
      `the model ${name} ${version} exists with other files: give this one another version`,
    );
  }

  async find(db: Executor, id: number): Promise<ModelRow | null> {
    return (await db.selectFrom('models').selectAll().where('id', '=', id).executeTakeFirst()) ?? null;
  }

  /** The detector of runs whose project names none; null before any worker has started. */
  async findDefault(db: Executor): Promise<ModelRow | null> {
    return (await db.selectFrom('models').selectAll().where('is_default', '=', true).executeTakeFirst()) ?? null;
  }

  /** Makes this detector the default. Returns false if there is no such detector. */
  async makeDefault(tx: DatabaseTransaction, id: number): Promise<boolean> {
    // Serializes concurrent calls: each would not see the other's default.
    await takeAdvisoryLock(tx, 'defaultModel');
    const model = await tx.selectFrom('models').select('stage').where('id', '=', id).executeTakeFirst();
    if (model?.stage !== 'detect') return false;
    await tx
      .updateTable('models')
      .set({ is_default: false })
      .where('is_default', '=', true)
      .where('id', '<>', id)
      .execute();
    await tx.updateTable('models').set({ is_default: true }).where('id', '=', id).execute();
    return true;
  }

  /** Lists models in order of registration. */
  async list(db: Executor): Promise<ModelRow[]> {
    return db.selectFrom('models').selectAll().orderBy('id').execute();
  }

  /** Lists the models that new runs may use: the default and those that projects name, latest first. */
  async listUsed(db: Executor, limit: number): Promise<ModelRow[]> {
    return db
      .selectFrom('models')
      .selectAll()
      .where(({ or, eb, exists, selectFrom }) =>
        or([
          eb('is_default', '=', true),
          exists(selectFrom('projects').select('id').whereRef('projects.model_id', '=', 'models.id')),
          exists(selectFrom('projects').select('id').whereRef('projects.classifier_id', '=', 'models.id')),
        ]),
      )
      .orderBy('id', 'desc')
      .limit(limit)
      .execute();
  }

  /** Finds the models of these runs. */
  async findModelsOfRuns(db: Executor, runIds: readonly number[]): Promise<RunModels[]> {
    const rows = await db
      .selectFrom('runs')
      .select(['id', 'model_id', 'classifier_id', 'classify_category', 'classify_threshold'])
      .where('id', 'in', [...runIds])
      .execute();
    return rows.map((row) => ({
      runId: row.id,
      modelId: row.model_id,
      classify:
        row.classifier_id === null
          ? null
          : { classifierId: row.classifier_id, category: row.classify_category!, threshold: row.classify_threshold! },
    }));
  }
}
