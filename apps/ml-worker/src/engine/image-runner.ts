import { setImmediate as nextTurn } from 'node:timers/promises';
import { FatalError, PermanentError, RetryableError, messageOf, type Detection, type ModelInput } from '@pugmark/domain';
import type { ImageFailed, ImageOutcome, PoolImage } from './engine-protocol';

export interface DecodedPicture extends ModelInput {
  readonly imageWidth: number;
  readonly imageHeight: number;
  readonly warning: 'truncated' | null;
}

export interface RunnerParts {
  readonly decode: (path: string) => Promise<DecodedPicture>;
  readonly detect: (inputs: readonly ModelInput[]) => Promise<Detection[][]>;
  /** Most pictures in one execution of the model. */
  readonly modelBatch: number;
  readonly onStarted: (batch: number, id: number) => void;
  readonly onAnswer: (batch: number, outcome: ImageOutcome) => void;
  /** An error that no picture can be blamed for: the process should end. */
  readonly onFatal: (error: unknown) => void;
}

interface Work {
  readonly batch: number;
  readonly image: PoolImage;
}

interface Decoded {
  readonly work: Work;
  readonly picture: DecodedPicture;
  readonly decodeMs: number;
}

/** Pictures in the order of their coming: the next ones are decoded while the model looks at these. */
export class ImageRunner {
  readonly #parts: RunnerParts;
  readonly #waiting: Work[] = [];
  readonly #decoding: Promise<Decoded | null>[] = [];
  #running = false;

  constructor(parts: RunnerParts) {
    this.#parts = parts;
  }

  accept(batch: number, images: readonly PoolImage[]): void {
    this.#waiting.push(...images.map((image) => ({ batch, image })));
    this.#decodeAhead();
    if (!this.#running) void this.#run().catch(this.#parts.onFatal);
  }

  async #run(): Promise<void> {
    this.#running = true;
    while (this.#decoding.length > 0) {
      const taken = this.#decoding.splice(0, this.#parts.modelBatch);
      this.#decodeAhead();
      const pictures = (await Promise.all(taken)).filter((decoded) => decoded !== null);
      if (pictures.length > 0) await this.#infer(pictures);
      // Inference may have blocked this thread; messages and decoded pictures get their turn.
      await nextTurn();
    }
    this.#running = false;
  }

  /** Two executions ahead: enough to keep the model busy, few enough for memory and for few suspects after a crash. */
  #decodeAhead(): void {
    while (this.#decoding.length < 2 * this.#parts.modelBatch) {
      const work = this.#waiting.shift();
      if (work === undefined) return;
      this.#parts.onStarted(work.batch, work.image.id);
      this.#decoding.push(this.#decode(work));
    }
  }

  async #decode(work: Work): Promise<Decoded | null> {
    const begin = performance.now();
    try {
      const picture = await this.#parts.decode(work.image.path);
      return { work, picture, decodeMs: performance.now() - begin };
    } catch (error) {
      this.#fail(work, error);
      return null;
    }
  }

  async #infer(pictures: readonly Decoded[]): Promise<void> {
    const begin = performance.now();
    let found: Detection[][];
    try {
      found = await this.#parts.detect(pictures.map(({ picture }) => picture));
    } catch (error) {
      if (error instanceof FatalError) throw error;
      // One picture may have spoilt the answer of them all.
      if (pictures.length > 1) for (const picture of pictures) await this.#infer([picture]);
      else this.#fail(pictures[0]!.work, error);
      return;
    }
    const inferMs = (performance.now() - begin) / pictures.length;
    pictures.forEach(({ work, picture, decodeMs }, index) => {
      this.#parts.onAnswer(work.batch, {
        id: work.image.id,
        ok: true,
        width: picture.imageWidth,
        height: picture.imageHeight,
        detections: found[index]!,
        warning: picture.warning,
        decodeMs,
        inferMs,
      });
    });
  }

  #fail({ batch, image }: Work, error: unknown): void {
    this.#parts.onAnswer(batch, failure(image.id, error));
  }
}

function failure(id: number, error: unknown): ImageFailed {
  const known = error instanceof PermanentError || error instanceof RetryableError;
  return {
    id,
    ok: false,
    code: known ? error.code : 'unexpected_error',
    message: messageOf(error),
    // An error that no one foresaw may be the machine's: the attempts of a task are bounded anyway.
    retryable: !(error instanceof PermanentError),
  };
}
