import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  FatalError,
  PermanentError,
  RetryableError,
  messageOf,
  type Classification,
  type Detection,
  type ModelInput,
} from '@pugmark/domain';
import type { ImageFailed, ImageOutcome, PoolImage } from './engine-protocol';

/** Model inputs of one image: the whole image, or its crops. */
export interface DecodedImage {
  readonly inputs: readonly ModelInput[];
  /** Pixels of the upright image. */
  readonly imageWidth: number;
  readonly imageHeight: number;
  readonly warning: 'truncated' | null;
}

/** Result of a model for one image. */
export interface InferenceResult {
  readonly detections: readonly Detection[];
  readonly classifications: readonly (readonly Classification[])[];
}

export interface RunnerModel {
  /** Maximum inputs in one execution of the model. */
  readonly batch: number;
  decode(image: PoolImage): Promise<DecodedImage>;
  infer(decodedBatch: readonly DecodedImage[]): Promise<InferenceResult[]>;
  /** Called once for each image, when it is answered. */
  release(): void;
}

export interface RunnerParts {
  readonly onStarted: (batch: number, id: number) => void;
  readonly onAnswer: (batch: number, outcome: ImageOutcome) => void;
  /** Called for an error that no image caused: the process should exit. */
  readonly onFatal: (error: unknown) => void;
}

interface Work {
  readonly batch: number;
  readonly model: RunnerModel;
  readonly image: PoolImage;
}

interface Decoded {
  readonly work: Work;
  readonly decodedImage: DecodedImage;
  readonly decodeMs: number;
}

/** Runs images in order of arrival; decodes the next ones during inference. */
export class ImageRunner {
  readonly #parts: RunnerParts;
  readonly #waiting: Work[] = [];
  readonly #decoding: { readonly work: Work; readonly decoded: Promise<Decoded | null> }[] = [];
  #running = false;

  constructor(parts: RunnerParts) {
    this.#parts = parts;
  }

  accept(batch: number, model: RunnerModel, images: readonly PoolImage[]): void {
    this.#waiting.push(...images.map((image) => ({ batch, model, image })));
    this.#decodeAhead();
    if (!this.#running) void this.#run().catch(this.#parts.onFatal);
  }

  async #run(): Promise<void> {
    this.#running = true;
    while (this.#decoding.length > 0) {
      const taken = this.#takeBatch();
      this.#decodeAhead();
      const decodedBatch = (await Promise.all(taken)).filter((decoded) => decoded !== null);
      if (decodedBatch.length > 0) await this.#infer(decodedBatch);
      // Inference may have blocked this thread; lets messages and decoded images proceed.
      await nextTurn();
    }
    this.#running = false;
  }

  /** Takes the first image, and those after it that fit into the same execution of the same model. */
  #takeBatch(): Promise<Decoded | null>[] {
    const { model } = this.#decoding[0]!.work;
    let count = 0;
    for (let inputs = 0; this.#decoding[count]?.work.model === model; count += 1) {
      inputs += inputsOf(this.#decoding[count]!.work);
      if (count > 0 && inputs > model.batch) break;
    }
    return this.#decoding.splice(0, count).map(({ decoded }) => decoded);
  }

  /** Two executions ahead: enough to keep the model busy, few enough for memory and for crash attribution. */
  #decodeAhead(): void {
    let inputs = this.#decoding.reduce((sum, { work }) => sum + inputsOf(work), 0);
    for (let work = this.#waiting[0]; work !== undefined && inputs < 2 * work.model.batch; work = this.#waiting[0]) {
      this.#waiting.shift();
      inputs += inputsOf(work);
      this.#parts.onStarted(work.batch, work.image.id);
      this.#decoding.push({ work, decoded: this.#decode(work) });
    }
  }

  async #decode(work: Work): Promise<Decoded | null> {
    const begin = performance.now();
    try {
      const decodedImage = await work.model.decode(work.image);
      return { work, decodedImage, decodeMs: performance.now() - begin };
    } catch (error) {
      this.#fail(work, error);
      return null;
    }
  }

  async #infer(decodedBatch: readonly Decoded[]): Promise<void> {
    const begin = performance.now();
    let found: InferenceResult[];
    try {
      found = await decodedBatch[0]!.work.model.infer(decodedBatch.map(({ decodedImage }) => decodedImage));
    } catch (error) {
      if (error instanceof FatalError) throw error;
      // One image may have spoilt the result of all.
      if (decodedBatch.length > 1) for (const decodedImage of decodedBatch) await this.#infer([decodedImage]);
      else this.#fail(decodedBatch[0]!.work, error);
      return;
    }
    const inferMs = (performance.now() - begin) / decodedBatch.length;
    decodedBatch.forEach(({ work, decodedImage, decodeMs }, index) => {
      const { imageWidth: width, imageHeight: height, warning } = decodedImage;
      this.#answer(work, { id: work.image.id, ok: true, width, height, ...found[index]!, warning, decodeMs, inferMs });
    });
  }

  #fail(work: Work, error: unknown): void {
    this.#answer(work, failedOutcome(work.image.id, error));
  }

  #answer({ batch, model }: Work, outcome: ImageOutcome): void {
    model.release();
    this.#parts.onAnswer(batch, outcome);
  }
}

function inputsOf({ image }: Work): number {
  return image.crops?.length ?? 1;
}

export function failedOutcome(id: number, error: unknown): ImageFailed {
  const known = error instanceof PermanentError || error instanceof RetryableError || error instanceof FatalError;
  return {
    id,
    ok: false,
    code: known ? error.code : 'unexpected_error',
    message: messageOf(error),
    // An unexpected error may be the machine's; the attempts of a task are limited anyway.
    outcome: error instanceof PermanentError ? 'failed' : 'retry',
  };
}
