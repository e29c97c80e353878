import {
  RetryableError,
  type Classification,
  type Detection,
  type ModelInput,
  type ModelManifest,
} from '@pugmark/domain';
import { selectClassificationDecoder, selectDetectionDecoder } from '../decoders/select-decoder';
import type { OutputTensor } from '../decoders/decoder';
import type { Graph } from './graph';
import { normalisedPixels } from './normalised-pixels';

/** Outputs that the graph must be opened for, in the order in which the decoder reads them. */
export function outputsOf(manifest: ModelManifest): readonly string[] {
  if (manifest.outputs !== undefined) return manifest.outputs;
  return manifest.decoder === 'softmax'
    ? selectClassificationDecoder(manifest).outputs
    : selectDetectionDecoder(manifest).outputs;
}

/** A model loaded by an engine: runs inference on images. */
export class LoadedModel {
  readonly manifest: ModelManifest;
  readonly #graph: Graph;

  constructor(manifest: ModelManifest, graph: Graph) {
    this.manifest = manifest;
    this.#graph = graph;
  }

  /**
   * Returns a detector's detections of each image, in order of the images, by decreasing confidence, from the
   * manifest's `storeThreshold` on. Takes any number of images, and runs the graph on at most `batch` of the manifest
   * at once. Throws RetryableError `nan_output` when the model returns NaN or infinity.
   */
  async detect(inputs: readonly ModelInput[]): Promise<Detection[][]> {
    const { manifest } = this;
    return this.#inBatches(inputs, (outputs, batch) =>
      selectDetectionDecoder(manifest).decode(
        outputs,
        batch.map(({ placement }) => placement),
        manifest,
      ),
    );
  }

  /** Returns a classifier's labels of each crop, by decreasing score. Batches and throws as `detect` does. */
  async classify(inputs: readonly ModelInput[]): Promise<Classification[][]> {
    const { manifest } = this;
    return this.#inBatches(inputs, (outputs, batch) =>
      selectClassificationDecoder(manifest).decode(outputs, batch.length, manifest),
    );
  }

  /** Returns the raw outputs of the graph for one batch. Throws as `detect` does. */
  async raw(batch: readonly ModelInput[]): Promise<OutputTensor[]> {
    const outputs = await this.#graph.run(normalisedPixels(batch, this.manifest), batch.length);
    if (outputs.every(({ values }) => values.every(Number.isFinite))) return outputs;
    throw new RetryableError('nan_output', `model ${this.manifest.name} returned NaN or infinity`);
  }

  /** Runs once on plain grey, for either stage: compiles, allocates, and verifies that graph and manifest match. */
  async warmUp(): Promise<void> {
    const { width, height } = this.manifest.input;
    const grey = {
      rgb: new Uint8Array(width * height * 3).fill(127),
      width,
      height,
      placement: { left: 0, top: 0, width, height },
    };
    if (this.manifest.decoder === 'softmax') await this.classify([grey]);
    else await this.detect([grey]);
  }

  dispose(): void {
    this.#graph.dispose();
  }

  async #inBatches<T>(
    inputs: readonly ModelInput[],
    decode: (outputs: OutputTensor[], batch: readonly ModelInput[]) => T[],
  ): Promise<T[]> {
    const { batch: batchSize } = this.manifest;
    const results: T[] = [];
    for (let start = 0; start < inputs.length; start += batchSize) {
      const batch = inputs.slice(start, start + batchSize);
      results.push(...decode(await this.raw(batch), batch));
    }
    return results;
  }
}
