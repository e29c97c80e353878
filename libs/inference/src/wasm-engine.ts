import { setThreadsCount, version_wasm } from '@tensorflow/tfjs-backend-wasm';
import { loadGraphModel, type GraphModel } from '@tensorflow/tfjs-converter';
import { ready, setBackend, tensor4d, type Tensor } from '@tensorflow/tfjs-core';
import { FatalError, RetryableError, messageOf, type Detection, type ModelInput, type ModelManifest } from '@pugmark/domain';
import { decodeCenternet } from './decoders/centernet';
import type { Engine, EngineInfo } from './engine';
import { readGraphModel } from './model-files';

/** The output that each decoder reads. */
const OUTPUT_OF_DECODER = { centernet: 'tower_0/detections' } as const satisfies Record<ModelManifest['decoder'], string>;

interface Loaded {
  readonly manifest: ModelManifest;
  readonly model: GraphModel;
}

/** TensorFlow.js on WebAssembly with SIMD, in this thread: no compiler, no Python, no graphics card. */
export class WasmEngine implements Engine {
  readonly info: EngineInfo;
  #loaded: Loaded | null = null;

  constructor(reason: string) {
    this.info = { name: 'wasm', device: 'processor, one thread (WebAssembly SIMD)', reason, version: version_wasm };
  }

  async load(manifest: ModelManifest, folder: string): Promise<void> {
    await this.dispose();
    const artifacts = await readGraphModel(manifest, folder);
    // One engine process for each core shares them better than threads do.
    setThreadsCount(1);
    if (!(await setBackend('wasm'))) throw new FatalError('engine_unavailable', 'WebAssembly could not be started by TensorFlow.js');
    await ready();
    const model = await loadGraphModel({ load: async () => artifacts }).catch((error: unknown) => {
      throw new FatalError('model_unsuitable', `model ${manifest.name} does not load: ${messageOf(error)}`, { cause: error });
    });
    this.#loaded = { manifest, model };
    await this.#warmUp(manifest);
  }

  async detect(batch: readonly ModelInput[]): Promise<Detection[][]> {
    const { manifest, model } = this.#mustBeLoaded();
    const found: Detection[][] = [];
    for (let start = 0; start < batch.length; start += manifest.batch) {
      const inputs = batch.slice(start, start + manifest.batch);
      const output = await execute(model, manifest, inputs);
      const each = output.length / inputs.length;
      inputs.forEach((input, index) => {
        found.push(decodeCenternet(output.subarray(index * each, (index + 1) * each), input.placement, manifest));
      });
    }
    return found;
  }

  async dispose(): Promise<void> {
    this.#loaded?.model.dispose();
    this.#loaded = null;
  }

  async #warmUp(manifest: ModelManifest): Promise<void> {
    const { width, height } = manifest.input;
    const grey = { rgb: new Uint8Array(width * height * 3).fill(127), width, height, placement: { left: 0, top: 0, width, height } };
    try {
      await this.detect([grey]);
    } catch (error) {
      await this.dispose();
      throw new FatalError('model_unsuitable', `model ${manifest.name} does not run: ${messageOf(error)}`, { cause: error });
    }
  }

  #mustBeLoaded(): Loaded {
    if (this.#loaded === null) throw new Error('detect() before load()');
    return this.#loaded;
  }
}

/** The decoder's output for these pictures, one after the other. Whatever happens, no tensor is left behind. */
async function execute(model: GraphModel, manifest: ModelManifest, inputs: readonly ModelInput[]): Promise<Float32Array> {
  const input = tensor4d(pixelsOf(inputs, manifest), [inputs.length, manifest.input.height, manifest.input.width, 3], 'float32');
  let output: Tensor | undefined;
  try {
    output = model.execute(input, OUTPUT_OF_DECODER[manifest.decoder]) as Tensor;
    const values = (await output.data()) as Float32Array;
    if (!values.every(Number.isFinite)) {
      throw new RetryableError('nan_output', `model ${manifest.name} answered with something that is no number`);
    }
    return values;
  } finally {
    input.dispose();
    output?.dispose();
  }
}

function pixelsOf(inputs: readonly ModelInput[], { name, input: { width, height } }: ModelManifest): Uint8Array {
  const bytes = width * height * 3;
  const pixels = new Uint8Array(bytes * inputs.length);
  inputs.forEach((input, index) => {
    if (input.width !== width || input.height !== height || input.rgb.length !== bytes) {
      throw new RangeError(`model ${name} takes ${width} × ${height} RGB pixels, not ${input.width} × ${input.height} (${input.rgb.length} bytes)`);
    }
    pixels.set(input.rgb, index * bytes);
  });
  return pixels;
}
