import { join } from 'node:path';
import { memory, tensor4d, type Tensor } from '@tensorflow/tfjs-core';
import type { NodeJSKernelBackend } from '@tensorflow/tfjs-node-gpu/dist/nodejs_kernel_backend';
import { FatalError, messageOf, type ModelManifest } from '@pugmark/domain';
import type { OutputTensor } from '../../decoders/decoder';
import { convertedModel } from '../../converter/converted-model';
import { readSignature, type Signature } from '../../converter/read-signature';
import { LoadedModel, outputsOf } from '../../models/loaded-model';
import { verifyFiles } from '../../models/model-files';
import type { Graph } from '../../models/graph';
import type { Engine, EngineInfo } from '../engine';
import { warmUp } from '../warm-up';
import { nativeBackend } from './native-backend';

export interface TensorflowOptions {
  /** Folder of the binding. */
  readonly folder: string;
  /** Folder of converted graph models. */
  readonly convertedDir: string;
  readonly reason: string;
}

/** TensorFlow itself, which runs a model as one graph, on the CPU or an NVIDIA GPU; blocks its thread. */
export class TensorflowEngine implements Engine {
  readonly info: EngineInfo;
  readonly #backend: NodeJSKernelBackend;
  readonly #convertedDir: string;

  private constructor(backend: NodeJSKernelBackend, info: EngineInfo, convertedDir: string) {
    this.#backend = backend;
    this.info = info;
    this.#convertedDir = convertedDir;
  }

  /** Throws FatalError `engine_unavailable`. */
  static async create({ folder, convertedDir, reason }: TensorflowOptions): Promise<TensorflowEngine> {
    const { backend, version } = await nativeBackend(folder);
    const device = backend.isUsingGpuDevice ? 'NVIDIA GPU' : 'processor';
    return new TensorflowEngine(backend, { name: 'tensorflow', device, reason, version }, convertedDir);
  }

  /** Whether it uses a GPU. */
  get usesGpu(): boolean {
    return this.#backend.isUsingGpuDevice;
  }

  async load(manifest: ModelManifest, folder: string): Promise<LoadedModel> {
    const savedModel =
      manifest.format === 'tfjs-graph' ? await convertedModel(manifest, folder, this.#convertedDir) : folder;
    if (manifest.format === 'saved-model') await verifyFiles(manifest, folder);
    return warmUp(new LoadedModel(manifest, await this.#open(manifest, savedModel)));
  }

  tensors(): number {
    return memory().numTensors;
  }

  async #open(manifest: ModelManifest, folder: string): Promise<Graph> {
    const signature = await readSignature(join(folder, 'saved_model.pb'));
    try {
      const session = this.#backend.loadSavedModelMetaGraph(folder, signature.tags.join(','));
      return new SavedModelGraph(this.#backend, session, signature, manifest);
    } catch (error) {
      throw new FatalError('model_unsuitable', `model ${manifest.name} does not load: ${messageOf(error)}`, {
        cause: error,
      });
    }
  }
}

class SavedModelGraph implements Graph {
  readonly #backend: NodeJSKernelBackend;
  readonly #session: number;
  readonly #input: Signature['inputs'][number];
  readonly #outputs: readonly string[];
  readonly #shape: readonly [number, number, 3];
  #disposed = false;

  constructor(backend: NodeJSKernelBackend, session: number, signature: Signature, manifest: ModelManifest) {
    this.#backend = backend;
    this.#session = session;
    this.#shape = [manifest.input.height, manifest.input.width, 3];
    this.#input = onlyInput(signature, manifest);
    this.#outputs = outputsOf(manifest).map((name) => tensorOf(name, signature, manifest));
  }

  async run(pixels: Float32Array, batch: number): Promise<OutputTensor[]> {
    const input = tensor4d(pixels, [batch, ...this.#shape], 'float32');
    let outputs: Tensor[] = [];
    try {
      outputs = this.#backend.runSavedModel(this.#session, [input], [this.#input], [...this.#outputs]);
      return outputs.map((output) => ({ shape: output.shape, values: asFloats(output.dataSync()) }));
    } finally {
      input.dispose();
      for (const output of outputs) output.dispose();
    }
  }

  dispose(): void {
    if (!this.#disposed) this.#backend.deleteSavedModel(this.#session);
    this.#disposed = true;
  }
}

function onlyInput({ inputs }: Signature, { name }: ModelManifest): Signature['inputs'][number] {
  const [input] = inputs;
  if (inputs.length === 1 && input !== undefined) return input;
  throw new FatalError(
    'model_unsuitable',
    `model ${name} has ${inputs.length} inputs (${inputs.map(({ key }) => key).join(', ')}), not one image`,
  );
}

/** Name of an output in the graph; a manifest may use its name in the signature or in the graph. */
function tensorOf(requested: string, { outputs }: Signature, { name }: ModelManifest): string {
  const found =
    outputs.find((output) => output.key === requested) ??
    outputs.find((output) => output.name.replace(/:\d+$/, '') === requested);
  if (found !== undefined) return found.name;
  const available = outputs.map(({ key }) => key).join(', ');
  throw new FatalError(
    'model_unsuitable',
    `model ${name} has no output '${requested}'; it has: ${available}. Name them in the manifest's 'outputs'`,
  );
}

function asFloats(values: ArrayLike<number>): Float32Array {
  return values instanceof Float32Array ? values : Float32Array.from(values);
}
