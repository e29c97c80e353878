import type { ModelManifest } from '@pugmark/domain';
import { LoadedModel } from '../models/loaded-model';
import type { Engine, EngineInfo } from './engine';

/** Times that the engine pretends to need, in milliseconds. */
export interface NullEngineTimes {
  readonly loadMs: number;
  readonly imageMs: number;
}

/** Returns empty results, at once or after a set time, for tests of everything around the model. */
export class NullEngine implements Engine {
  readonly #times: NullEngineTimes;
  readonly info: EngineInfo = {
    name: 'null',
    device: 'none',
    reason: 'the null engine was requested by name: it runs no inference and detects nothing; for load tests only',
    version: '1',
  };

  constructor(times: NullEngineTimes = { loadMs: 0, imageMs: 0 }) {
    this.#times = times;
  }

  async load(manifest: ModelManifest): Promise<LoadedModel> {
    block(this.#times.loadMs);
    return new NothingFound(manifest, this.#times.imageMs);
  }

  tensors(): number {
    return 0;
  }
}

class NothingFound extends LoadedModel {
  readonly #imageMs: number;

  constructor(manifest: ModelManifest, imageMs: number) {
    super(manifest, { run: async () => [], dispose: () => undefined });
    this.#imageMs = imageMs;
  }

  override async detect(inputs: readonly unknown[]): Promise<[][]> {
    return this.#findNothing(inputs);
  }

  override async classify(inputs: readonly unknown[]): Promise<[][]> {
    return this.#findNothing(inputs);
  }

  #findNothing(inputs: readonly unknown[]): [][] {
    block(this.#imageMs * inputs.length);
    return inputs.map(() => []);
  }
}

/** Blocks the thread without using the processor, as a native library does that computes on a GPU. */
function block(ms: number): void {
  if (ms > 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}
