import { fork, type ChildProcess } from 'node:child_process';
import { PermanentError, RetryableError } from '@pugmark/domain';
import type { Logger } from '@pugmark/platform';
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

interface Job<Options, Result> {
  readonly path: string;
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
  #child: ChildProcess | undefined;
  #current: { readonly id: number; readonly job: Job<Options, Result>; readonly timer: NodeJS.Timeout } | undefined;
  #lastId = 0;
  /** True once the process has started: from then on a crash is attributed to the image in progress. */
  #ready = false;
  #closed = false;

  constructor(options: ImageProcessOptions, verdict: CrashError) {
    this.#crashError = verdict;
    this.#options = { deadlineMs: 20_000, maxWaiting: 100, ...options };
  }

  /**
   * Processes one image. Rejects with the error of the child; with a PermanentError when the image crashed the process
   * or took too long; with a RetryableError `busy` when too many images wait, `image_process_unavailable` when the process does not
   * start.
   */
  process(path: string, options: Options): Promise<Result> {
    if (this.#closed) return Promise.reject(new RetryableError('stopping', 'the service is shutting down'));
    if (this.#waiting.length >= this.#options.maxWaiting) {
      return Promise.reject(new RetryableError('busy', 'too many images are waiting to be processed; try again'));
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ path, options, resolve, reject });
      this.#next();
    });
  }

  /** Ends the process; rejects waiting images with RetryableError `stopping`. */
  close(): void {
    this.#closed = true;
    for (const job of this.#waiting.splice(0))
      job.reject(new RetryableError('stopping', 'the service is shutting down'));
    this.#child?.kill('SIGKILL');
  }

  #next(): void {
    if (this.#current !== undefined) return;
    const job = this.#waiting.shift();
    if (job === undefined) return;
    const id = ++this.#lastId;
    const child = (this.#child ??= this.#start());
    const timer = setTimeout(() => {
      this.#options.logger.warn(
        { deadlineMs: this.#options.deadlineMs },
        'an image took too long; killing the image process',
      );
      child.kill('SIGKILL');
    }, this.#options.deadlineMs);
    this.#current = { id, job, timer };
    const message: ImageRequest<Options> = { id, path: job.path, options: job.options };
    // A failed send means that the process is gone, which `exit` reports.
    child.send(message, () => undefined);
  }

  #start(): ChildProcess {
    const child = fork(this.#options.childPath, [], { serialization: 'advanced', env: {}, execArgv: [] });
    child.on('message', (message: ImageReply<Result>) => this.#answered(message));
    child.on('error', (err) => {
      this.#options.logger.warn({ err }, 'the image process could not be started or reached');
      this.#ended(child);
    });
    child.on('exit', (code, signal) => {
      if (!this.#closed)
        this.#options.logger.warn({ code, signal }, 'the image process exited; the next image starts another');
      this.#ended(child);
    });
    return child;
  }

  #answered(message: ImageReply<Result>): void {
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

  #ended(child: ChildProcess): void {
    if (this.#child !== child) return;
    this.#child = undefined;
    const current = this.#current;
    const cause = this.#cause();
    this.#ready = false;
    this.#settle();
    current?.job.reject(cause);
    if (!this.#closed) this.#next();
  }

  /** Why the process is gone. */
  #cause(): Error {
    if (this.#closed) return new RetryableError('stopping', 'the service is shutting down');
    if (!this.#ready)
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
