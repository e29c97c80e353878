import type { ModelInput } from '@pugmark/domain';
import { decodeCropsForModel, decodeForModel } from '@pugmark/images';
import type { Engine, LoadedModel } from '@pugmark/inference';
import type { ModelRef } from './engine-protocol';
import type { DecodedPicture, Finding, RunnerModel } from './image-runner';

interface Entry {
  readonly loaded: Promise<LoadedModel>;
  /** Pictures that are to go through it, or do. */
  inUse: number;
}

/** The models of one engine process: loaded when first wanted, and kept, the last used ones, up to a number. */
export class ModelShelf {
  readonly #engine: Engine;
  readonly #pixelLimit: number;
  readonly #most: number;
  readonly #known = new Map<string, ModelRef>();
  /** The least recently used one first. */
  readonly #entries = new Map<string, Entry>();

  constructor(engine: Engine, options: { readonly pixelLimit: number; readonly most: number }) {
    this.#engine = engine;
    this.#pixelLimit = options.pixelLimit;
    this.#most = options.most;
  }

  /** Loads the model and runs it once; only then another may be let go. Throws what `Engine.load` throws. */
  async load(ref: ModelRef): Promise<void> {
    this.#known.set(ref.key, ref);
    await this.#entry(ref.key).loaded;
    this.#letGo();
  }

  /** The model for this many pictures; each must be released. */
  async take(key: string, pictures: number): Promise<RunnerModel> {
    const entry = this.#entry(key);
    entry.inUse += pictures;
    try {
      const model = await entry.loaded;
      this.#letGo();
      return this.#runnerModel(model, entry);
    } catch (error) {
      entry.inUse -= pictures;
      throw error;
    }
  }

  #entry(key: string): Entry {
    const ref = this.#known.get(key);
    if (ref === undefined) throw new Error(`model ${key} was never named to this process`);
    const entry = this.#entries.get(key) ?? { loaded: this.#engine.load(ref.manifest, ref.folder), inUse: 0 };
    // To the end of the map: the one that was used last.
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    // One that does not load is tried again when it is wanted again: its files may have been mended.
    entry.loaded.catch(() => this.#entries.get(key) === entry && this.#entries.delete(key));
    return entry;
  }

  #letGo(): void {
    for (const [key, entry] of this.#entries) {
      if (this.#entries.size <= this.#most) return;
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
      look: (pictures) => look(model, pictures),
      release: () => (entry.inUse -= 1),
    };
  }
}

async function look(model: LoadedModel, pictures: readonly DecodedPicture[]): Promise<Finding[]> {
  const inputs: ModelInput[] = pictures.flatMap((picture) => picture.inputs);
  if (model.manifest.decoder !== 'softmax')
    return (await model.detect(inputs)).map((detections) => ({ detections, classifications: [] }));
  const all = await model.classify(inputs);
  let next = 0;
  return pictures.map((picture) => ({
    detections: [],
    classifications: all.slice(next, (next += picture.inputs.length)),
  }));
}
