import { fork, type ChildProcess } from 'node:child_process';
import { PermanentError, RetryableError } from '@pugmark/domain';
import type { Logger } from '@pugmark/platform';
import type { FromPictureProcess, ToPictureProcess } from './image-process-protocol';

export interface PictureProcessOptions {
  /** A bundle that serves pictures (`serve-pictures.ts`). */
  readonly childPath: string;
  readonly logger: Logger;
  /** Longest that one picture may take. */
  readonly deadlineMs?: number;
  /** Most pictures that wait for their turn. */
  readonly mostWaiting?: number;
}

/** What is said of a picture that ended the process or took too long. */
interface Verdict {
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
 * Looks at pictures in a process of its own, one after the other: a picture that ends or hangs the decoder costs that process
 * and one answer, not the gateway. The process is started when it is needed.
 */
export class PictureProcess<Options, Result> {
  readonly #options: Required<PictureProcessOptions>;
  readonly #verdict: Verdict;
  readonly #waiting: Job<Options, Result>[] = [];
  #child: ChildProcess | undefined;
  #current: { readonly id: number; readonly job: Job<Options, Result>; readonly timer: NodeJS.Timeout } | undefined;
  #lastId = 0;
  /** The process has come up: what ends it from then on is the picture that it is at. */
  #ready = false;
  #closed = false;

  constructor(options: PictureProcessOptions, verdict: Verdict) {
    this.#verdict = verdict;
    this.#options = { deadlineMs: 20_000, mostWaiting: 100, ...options };
  }

  /**
   * What the process makes of the picture. Throws what it throws there; the verdict as a PermanentError when the picture ended the
   * process or took too long; RetryableError `busy` when too many wait already, `pictures_down` when the process does not come up.
   */
  look(path: string, options: Options): Promise<Result> {
    if (this.#closed) return Promise.reject(new RetryableError('stopping', 'the service is being stopped'));
    if (this.#waiting.length >= this.#options.mostWaiting) {
      return Promise.reject(new RetryableError('busy', 'too many pictures are waiting to be looked at; try again'));
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ path, options, resolve, reject });
      this.#next();
    });
  }

  /** Ends the process; what waits is rejected with RetryableError `stopping`. */
  close(): void {
    this.#closed = true;
    for (const job of this.#waiting.splice(0))
      job.reject(new RetryableError('stopping', 'the service is being stopped'));
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
        'a picture took too long; ending the process that looks at pictures',
      );
      child.kill('SIGKILL');
    }, this.#options.deadlineMs);
    this.#current = { id, job, timer };
    const message: ToPictureProcess<Options> = { id, path: job.path, options: job.options };
    // What cannot be sent has no process to go to; its end is told by `exit`.
    child.send(message, () => undefined);
  }

  #start(): ChildProcess {
    const child = fork(this.#options.childPath, [], { serialization: 'advanced', env: {}, execArgv: [] });
    child.on('message', (message: FromPictureProcess<Result>) => this.#answered(message));
    child.on('error', (err) => {
      this.#options.logger.warn({ err }, 'the process that looks at pictures could not be started or reached');
      this.#ended(child);
    });
    child.on('exit', (code, signal) => {
      if (!this.#closed)
        this.#options.logger.warn(
          { code, signal },
          'the process that looks at pictures ended; the next picture starts another',
        );
      this.#ended(child);
    });
    return child;
  }

  #answered(message: FromPictureProcess<Result>): void {
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
    if (this.#closed) return new RetryableError('stopping', 'the service is being stopped');
    if (!this.#ready)
      return new RetryableError(
        'pictures_down',
        'the process that looks at pictures does not come up; the log of the gateway tells more',
      );
    return new PermanentError(this.#verdict.code, this.#verdict.message);
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
