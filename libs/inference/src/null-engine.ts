import type { Detection, ModelInput } from '@pugmark/domain';
import type { Engine, EngineInfo } from './engine';

/** Answers at once and finds nothing: load tests of everything around the model. */
export class NullEngine implements Engine {
  readonly info: EngineInfo = {
    name: 'null',
    device: 'none',
    reason: 'the null engine was asked for by name: it looks at no picture and finds nothing; for load tests only',
    version: '1',
  };

  async load(): Promise<void> {
    // There is nothing to load.
  }

  async detect(batch: readonly ModelInput[]): Promise<Detection[][]> {
    return batch.map(() => []);
  }

  async dispose(): Promise<void> {
    // There is nothing to free.
  }
}
