import { PermanentError, RetryableError } from '@pugmark/domain';
import { ForkedChild, type ChildExit, type Logger } from '@pugmark/platform';
import type { ImageReply, ImageRequest } from './image-process-protocol';

export interface ImageProcessOptions {
  /** A bundle that serves image requests (`serve-image-requests.ts`). */
  readonly childPath: string;
  readonly logger: Logger;
  /** Maximum time per image. */
  readonly deadlineMs?: number;
  /** Maximum number of waiting images. */
  readonly maxWaiting?: number;
}

/** The error of an image that crashed the process or took too long. */
interface CrashError {
  readonly code: string;
  readonly message: string;
}

/** Exits of processes with the same image in progress after which it gets the error. One proves nothing about it. */
const MAX_EXITS = 2;

interface Job<Options, Result> {
  readonly path: string;
  /** Number of times that a process exited while it was in progress. */
  exits: number;
  readonly options: Options;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: Error) => void;
}

/**
 * Processes images one by one in a child process: an image that crashes or hangs the decoder costs that process and one
 * response, not the gateway. The process starts on demand.
 */
export class ImageProcess<Options, Result> {
  readonly #options: Required<ImageProcessOptions>;
  readonly #crashError: CrashError;
  readonly #waiting: Job<Options, Result>[] = [];
  #child: ForkedChild<ImageRequest<Options>, ImageReply<Result>> | undefined;
  #current: { readonly id: number; readonly job: Job<Options, Result>; readonly timer: NodeJS.Timeout } | undefined;
  #lastId = 0;
  /** True once the process has started: from then on a crash is attributed to the image in progress. */
  #ready = false;
  #closed = false;

  constructor(options: ImageProcessOptions, crashError: CrashError) {
    this.#crashError = crashError;
    this.#options = { deadlineMs: 20_000, maxWaiting: 100, ...options };
  }

  /**
   * Processes one image. Rejects with the error of the child; with a PermanentError when the image crashed two
   * processes or took too long in both; with a RetryableError `busy` when too many images wait,
   * `image_process_unavailable` when the process does not start or is killed by the system.
   */
  process(path: string, options: Options): Promise<Result> {
    if (this.#closed) return Promise.reject(new RetryableError('stopping', 'the service is shutting down'));
    if (this.#waiting.length >= this.#options.maxWaiting) {
      return Promise.reject(new RetryableError('busy', 'too many images are waiting to be processed; try again'));
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ path, exits: 0, options, resolve, reject });
      this.#next();
    });
  }

  /** Ends the process; rejects waiting images with RetryableError `stopping`. */
  close(): void {
    this.#closed = true;
    for (const job of this.#waiting.splice(0))
      job.reject(new RetryableError('stopping', 'the service is shutting down'));
    this.#child?.kill('was killed because the service is shutting down');
  }

  #next(): void {
    // A process that is about to exit takes no more images; its exit starts the next one.
    if (this.#current !== undefined || this.#child?.isAvailable === false) return;
    const job = this.#waiting.shift();
    if (job === undefined) return;
    const id = ++this.#lastId;
    const child = (this.#child ??= this.#start());
    const { deadlineMs, logger } = this.#options;
    const timer = setTimeout(() => {
      logger.warn({ deadlineMs }, 'an image took too long; killing the image process');
      child.kill(`answered nothing for ${deadlineMs} ms and was killed`);
    }, deadlineMs);
    this.#current = { id, job, timer };
    child.send({ id, path: job.path, options: job.options });
  }

  #start(): ForkedChild<ImageRequest<Options>, ImageReply<Result>> {
    return new ForkedChild<ImageRequest<Options>, ImageReply<Result>>(
      { childPath: this.#options.childPath, env: {}, serialization: 'advanced', captureOutput: false },
      { onMessage: (message) => this.#receive(message), onExited: (exit) => this.#onExited(exit) },
    );
  }

  #receive(message: ImageReply<Result>): void {
    if ('ready' in message) {
      this.#ready = true;
      return;
    }
    const current = this.#current;
    if (current?.id !== message.id) return;
    this.#settle();
    if ('result' in message) current.job.resolve(message.result);
    else current.job.reject(errorOf(message.error));
    this.#next();
  }

  #onExited({ kind, message }: ChildExit): void {
    if (!this.#closed) {
      this.#options.logger.warn({ kind, reason: message }, 'the image process exited; the next image starts another');
    }
    const job = this.#current?.job;
    const wasReady = this.#ready;
    this.#child = undefined;
    this.#ready = false;
    this.#settle();
    if (job !== undefined) {
      job.exits += 1;
      if (!this.#closed && wasReady && job.exits < MAX_EXITS) this.#waiting.unshift(job);
      else job.reject(this.#exitError(kind, wasReady));
    }
    if (!this.#closed) this.#next();
  }

  /** The error of the image that was in progress when the process exited. */
  #exitError(kind: ChildExit['kind'], wasReady: boolean): Error {
    if (this.#closed) return new RetryableError('stopping', 'the service is shutting down');
    if (kind === 'terminated')
      return new RetryableError(
        'image_process_unavailable',
        'the image process was killed, probably because memory ran out; try again',
      );
    if (!wasReady)
      return new RetryableError(
        'image_process_unavailable',
        'the image process does not start; see the log of the gateway',
      );
    return new PermanentError(this.#crashError.code, this.#crashError.message);
  }

  #settle(): void {
    clearTimeout(this.#current?.timer);
    this.#current = undefined;
  }
}

function errorOf({
  retryable,
  code,
  message,
}: {
  readonly retryable: boolean;
  readonly code: string;
  readonly message: string;
}): Error {
  return retryable ? new RetryableError(code, message) : new PermanentError(code, message);
}
