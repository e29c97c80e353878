import type { ModelInput } from '@pugmark/domain';
import { decodeCropsForModel, decodeForModel } from '@pugmark/images';
import type { Engine, LoadedModel } from '@pugmark/inference';
import type { ModelRef } from './engine-protocol';
import type { DecodedImage, InferenceResult, RunnerModel } from './image-runner';

interface Entry {
  readonly loaded: Promise<LoadedModel>;
  /** Images in use of the model. */
  inUse: number;
}

export interface ModelCacheEvents {
  onLoading(key: string): void;
  /** Null without an error. */
  onLoaded(key: string, error: unknown): void;
}

/** Cache of the models of one engine process: loads models on first use, and evicts the least recently used ones. */
export class ModelCache {
  readonly #engine: Engine;
  readonly #pixelLimit: number;
  readonly #maxModels: number;
  readonly #events: ModelCacheEvents;
  readonly #known = new Map<string, ModelRef>();
  /** Ordered by last use, least recent first. */
  readonly #entries = new Map<string, Entry>();

  constructor(
    engine: Engine,
    options: { readonly pixelLimit: number; readonly maxModels: number },
    events: ModelCacheEvents,
  ) {
    this.#engine = engine;
    this.#events = events;
    this.#pixelLimit = options.pixelLimit;
    this.#maxModels = options.maxModels;
  }

  /** Loads the model and warms it up; only then another may be evicted. Throws what `Engine.load` throws. */
  async load(ref: ModelRef): Promise<void> {
    this.#known.set(ref.key, ref);
    await this.#entry(ref.key).loaded;
    this.#evictUnused();
  }

  /** Returns the model for this many images; each must be released. */
  async acquire(key: string, images: number): Promise<RunnerModel> {
    const entry = this.#entry(key);
    entry.inUse += images;
    try {
      const model = await entry.loaded;
      this.#evictUnused();
      return this.#runnerModel(model, entry);
    } catch (error) {
      entry.inUse -= images;
      throw error;
    }
  }

  #entry(key: string): Entry {
    const ref = this.#known.get(key);
    if (ref === undefined) throw new Error(`model ${key} was not sent to this process`);
    const entry = this.#entries.get(key) ?? { loaded: this.#startLoad(ref), inUse: 0 };
    // Moves the entry to the end of the map, as the most recently used one.
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    // A model that failed to load is retried at its next use: its files may have been repaired.
    entry.loaded.catch(() => this.#entries.get(key) === entry && this.#entries.delete(key));
    return entry;
  }

  async #startLoad(ref: ModelRef): Promise<LoadedModel> {
    this.#events.onLoading(ref.key);
    try {
      const model = await this.#engine.load(ref.manifest, ref.folder);
      this.#events.onLoaded(ref.key, null);
      return model;
    } catch (error) {
      this.#events.onLoaded(ref.key, error);
      throw error;
    }
  }

  #evictUnused(): void {
    for (const [key, entry] of this.#entries) {
      if (this.#entries.size <= this.#maxModels) return;
      if (entry.inUse > 0) continue;
      this.#entries.delete(key);
      void entry.loaded.then(
        (model) => model.dispose(),
        () => undefined,
      );
    }
  }

  #runnerModel(model: LoadedModel, entry: Entry): RunnerModel {
    const { manifest } = model;
    const options = { ...manifest.input, resize: manifest.resize, pixelLimit: this.#pixelLimit };
    return {
      batch: manifest.batch,
      decode: async ({ path, crops }) => {
        if (crops !== undefined) return decodeCropsForModel(path, crops, options);
        const { imageWidth, imageHeight, warning, ...input } = await decodeForModel(path, options);
        return { inputs: [input], imageWidth, imageHeight, warning };
      },
      infer: (images) => inferBatch(model, images),
      release: () => (entry.inUse -= 1),
    };
  }
}

async function inferBatch(model: LoadedModel, images: readonly DecodedImage[]): Promise<InferenceResult[]> {
  const inputs: ModelInput[] = images.flatMap((image) => image.inputs);
  if (model.manifest.decoder !== 'softmax')
    return (await model.detect(inputs)).map((detections) => ({ detections, classifications: [] }));
  const all = await model.classify(inputs);
  let next = 0;
  return images.map((image) => ({
    detections: [],
    classifications: all.slice(next, (next += image.inputs.length)),
  }));
}
