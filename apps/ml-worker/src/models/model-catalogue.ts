import { LRUCache } from 'lru-cache';
import type { Database, ModelRepository, ModelRow, RunModels } from '@pugmark/db';
import type { ModelRef } from '../engine/engine-pool';
import { createModelRef, type ModelSettings } from './model-ref';

/** Maximum cached runs: bounds the memory of a worker that runs for years. */
const MAX_RUNS = 10_000;

/** A model of a run: its row, and the reference for the engines. */
export interface CatalogueModel {
  readonly id: number;
  readonly ref: ModelRef;
}

/**
 * Catalogue of the models of runs, and of their files. Rows and runs never change their model, so cached values stay
 * valid.
 */
export class ModelCatalogue {
  readonly #db: Database;
  readonly #models: ModelRepository;
  readonly #settings: ModelSettings;
  readonly #byId = new Map<number, CatalogueModel>();
  readonly #runs = new LRUCache<number, RunModels>({ max: MAX_RUNS });

  constructor(db: Database, models: ModelRepository, settings: ModelSettings) {
    this.#db = db;
    this.#models = models;
    this.#settings = settings;
  }

  /** Models of these runs, by run; a missing run has no entry. */
  async ofRuns(runIds: readonly number[]): Promise<ReadonlyMap<number, RunModels>> {
    const found = new Map<number, RunModels>();
    const unknown: number[] = [];
    for (const id of new Set(runIds)) {
      const run = this.#runs.get(id);
      if (run === undefined) unknown.push(id);
      else found.set(id, run);
    }
    if (unknown.length > 0)
      for (const run of await this.#models.findModelsOfRuns(this.#db, unknown)) {
        this.#runs.set(run.runId, run);
        found.set(run.runId, run);
      }
    return found;
  }

  /** Null if there is no such row. */
  async find(id: number): Promise<CatalogueModel | null> {
    const known = this.#byId.get(id);
    if (known !== undefined) return known;
    const row = await this.#models.find(this.#db, id);
    return row === null ? null : this.#remember(row);
  }

  /** The default models for new runs, at most `limit`. */
  async findDefaults(limit: number): Promise<readonly CatalogueModel[]> {
    const rows = await this.#models.listUsed(this.#db, limit);
    return Promise.all(rows.map((row) => this.#byId.get(row.id) ?? this.#remember(row)));
  }

  async #remember(row: ModelRow): Promise<CatalogueModel> {
    const model = { id: row.id, ref: await createModelRef(row.manifest, this.#settings) };
    this.#byId.set(row.id, model);
    return model;
  }
}
