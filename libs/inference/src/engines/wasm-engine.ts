import { setThreadsCount, version_wasm } from '@tensorflow/tfjs-backend-wasm';
import { loadGraphModel, type GraphModel } from '@tensorflow/tfjs-converter';
import { memory, ready, setBackend, tensor4d, type Tensor } from '@tensorflow/tfjs-core';
import { FatalError, messageOf, type ModelManifest } from '@pugmark/domain';
import type { OutputTensor } from '../decoders/decoder';
import { LoadedModel, outputsOf } from '../models/loaded-model';
import { readGraphModel } from '../models/model-files';
import type { Graph } from '../models/graph';
import type { Engine, EngineInfo } from './engine';
import { warmUp } from './warm-up';

/** TensorFlow.js on WebAssembly with SIMD, in this thread: needs no compiler, Python or GPU. */
export class WasmEngine implements Engine {
  readonly info: EngineInfo;

  constructor(reason: string) {
    this.info = { name: 'wasm', device: 'CPU, one thread (WebAssembly SIMD)', reason, version: version_wasm };
  }

  async load(manifest: ModelManifest, folder: string): Promise<LoadedModel> {
    if (manifest.format !== 'tfjs-graph') {
      const what = `model ${manifest.name} ${manifest.version} is a SavedModel, which needs the engine 'tensorflow'`;
      throw new FatalError('model_unsuitable', `${what}; this is 'wasm', because ${this.info.reason}`);
    }
    const artifacts = await readGraphModel(manifest, folder);
    // One engine process per core is faster than threads.
    setThreadsCount(1);
    if (!(await setBackend('wasm')))
      throw new FatalError('engine_unavailable', 'WebAssembly could not be started by TensorFlow.js');
    await ready();
    const model = await loadGraphModel({ load: async () => artifacts }).catch((error: unknown) => {
      throw new FatalError('model_unsuitable', `model ${manifest.name} does not load: ${messageOf(error)}`, {
        cause: error,
      });
    });
    // Uses the original graph: only the converted one has an open batch dimension.
    const own = manifest.openBatch === true ? { ...manifest, batch: 1 } : manifest;
    return warmUp(new LoadedModel(own, new WasmGraph(model, own)));
  }

  tensors(): number {
    return memory().numTensors;
  }
}

class WasmGraph implements Graph {
  readonly #model: GraphModel;
  readonly #shape: readonly [number, number, 3];
  readonly #outputs: string[];
  #disposed = false;

  constructor(model: GraphModel, manifest: ModelManifest) {
    this.#model = model;
    this.#shape = [manifest.input.height, manifest.input.width, 3];
    this.#outputs = [...outputsOf(manifest)];
  }

  async run(pixels: Float32Array, batch: number): Promise<OutputTensor[]> {
    const input = tensor4d(pixels, [batch, ...this.#shape], 'float32');
    let outputs: Tensor[] = [];
    try {
      const answer = this.#model.execute(input, this.#outputs) as Tensor | Tensor[];
      outputs = Array.isArray(answer) ? answer : [answer];
      return await Promise.all(
        outputs.map(async (output) => ({ shape: output.shape, values: (await output.data()) as Float32Array })),
      );
    } finally {
      input.dispose();
      for (const output of outputs) output.dispose();
    }
  }

  dispose(): void {
    if (!this.#disposed) this.#model.dispose();
    this.#disposed = true;
  }
}
