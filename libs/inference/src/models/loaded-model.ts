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

/** The outputs that a graph must be opened for, in the order in which the decoder reads them. */
export function outputsOf(manifest: ModelManifest): readonly string[] {
  if (manifest.outputs !== undefined) return manifest.outputs;
  return manifest.decoder === 'softmax'
    ? selectClassificationDecoder(manifest).outputs
    : selectDetectionDecoder(manifest).outputs;
}

/** A model that an engine has loaded: pictures in, what is on them out. */
export class LoadedModel {
  readonly manifest: ModelManifest;
  readonly #graph: Graph;

  constructor(manifest: ModelManifest, graph: Graph) {
    this.manifest = manifest;
    this.#graph = graph;
  }

  /**
   * Of a detector: the detections of each picture, in the pictures' order, surest first; from the manifest's `storeThreshold` on. Takes
   * any number of pictures, and gives the graph at most the manifest's `batch` at once. Throws RetryableError `nan_output` when the
   * model answers with something that is no number.
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

  /** Of a classifier: the labels of each crop, surest first. Batches and throws as `detect` does. */
  async classify(inputs: readonly ModelInput[]): Promise<Classification[][]> {
    const { manifest } = this;
    return this.#inBatches(inputs, (outputs, batch) =>
      selectClassificationDecoder(manifest).decode(outputs, batch.length, manifest),
    );
  }

  /** What the graph answers for these pictures, in one execution, before anything reads it. Throws as `detect` does. */
  async raw(batch: readonly ModelInput[]): Promise<OutputTensor[]> {
    const outputs = await this.#graph.run(normalisedPixels(batch, this.manifest), batch.length);
    if (outputs.every(({ values }) => values.every(Number.isFinite))) return outputs;
    throw new RetryableError('nan_output', `model ${this.manifest.name} answered with something that is no number`);
  }

  /** One run on plain grey, whatever the stage: compiles, allocates, and finds out whether graph and manifest fit. */
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
    const { batch: most } = this.manifest;
    const results: T[] = [];
    for (let start = 0; start < inputs.length; start += most) {
      const batch = inputs.slice(start, start + most);
      results.push(...decode(await this.raw(batch), batch));
    }
    return results;
  }
}
