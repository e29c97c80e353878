import { join } from 'node:path';
import type { Database, ModelRepository, ModelRow, RunModels } from '@pugmark/db';
import type { ModelManifest } from '@pugmark/domain';
import { BUILTIN_MODEL, builtinModelFolder } from '@pugmark/inference';
import type { ModelRef } from '../engine/engine-pool';

/** How many runs are remembered: a worker that lives for years sees many. */
const MOST_RUNS = 10_000;

/** A model of a run: its row, and what the engines need to know of it. */
export interface CatalogueModel {
  readonly id: number;
  readonly ref: ModelRef;
}

/** Which models runs are for, and where their files lie. Rows and runs never change their model, so that what was read once stays right. */
export class ModelCatalogue {
  readonly #db: Database;
  readonly #models: ModelRepository;
  readonly #modelsDir: string;
  readonly #byId = new Map<number, CatalogueModel>();
  readonly #runs = new Map<number, RunModels>();

  constructor(db: Database, models: ModelRepository, modelsDir: string) {
    this.#db = db;
    this.#models = models;
    this.#modelsDir = modelsDir;
  }

  /** The models of these runs, by run; a run that is not there is missing. */
  async ofRuns(runIds: readonly number[]): Promise<ReadonlyMap<number, RunModels>> {
    const unknown = [...new Set(runIds)].filter((id) => !this.#runs.has(id));
    if (unknown.length > 0) {
      if (this.#runs.size > MOST_RUNS) this.#runs.clear();
      for (const run of await this.#models.ofRuns(this.#db, unknown)) this.#runs.set(run.runId, run);
    }
    return this.#runs;
  }

  /** Null when there is no such row. */
  async find(id: number): Promise<CatalogueModel | null> {
    const known = this.#byId.get(id);
    if (known !== undefined) return known;
    const row = await this.#models.find(this.#db, id);
    return row === null ? null : this.#remember(row);
  }

  /** What new runs will be for, the built-in model among them at most by chance; `most` of them. */
  async wanted(most: number): Promise<readonly CatalogueModel[]> {
    return (await this.#models.wanted(this.#db, most)).map((row) => this.#byId.get(row.id) ?? this.#remember(row));
  }

  #remember(row: ModelRow): CatalogueModel {
    const model = { id: row.id, ref: modelRef(row.manifest, this.#modelsDir) };
    this.#byId.set(row.id, model);
    return model;
  }
}

export function modelRef(manifest: ModelManifest, modelsDir: string): ModelRef {
  const { name, version } = manifest;
  const isBuiltIn = name === BUILTIN_MODEL.name && version === BUILTIN_MODEL.version;
  // The built-in one by this version of the program: its row may be older.
  return {
    key: `${name} ${version}`,
    manifest: isBuiltIn ? BUILTIN_MODEL : manifest,
    folder: isBuiltIn ? builtinModelFolder() : join(modelsDir, name, version),
  };
}
