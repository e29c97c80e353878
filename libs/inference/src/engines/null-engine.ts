import type { ModelManifest } from '@pugmark/domain';
import { LoadedModel } from '../models/loaded-model';
import type { Engine, EngineInfo } from './engine';

/** Returns empty results at once, for load tests of everything around the model. */
export class NullEngine implements Engine {
  readonly info: EngineInfo = {
    name: 'null',
    device: 'none',
    reason: 'the null engine was requested by name: it runs no inference and detects nothing; for load tests only',
    version: '1',
  };

  async load(manifest: ModelManifest): Promise<LoadedModel> {
    return new NothingFound(manifest);
  }

  tensors(): number {
    return 0;
  }
}

class NothingFound extends LoadedModel {
  constructor(manifest: ModelManifest) {
    super(manifest, { run: async () => [], dispose: () => undefined });
  }

  override async detect(inputs: readonly unknown[]): Promise<[][]> {
    return inputs.map(() => []);
  }

  override async classify(inputs: readonly unknown[]): Promise<[][]> {
    return inputs.map(() => []);
  }
}
