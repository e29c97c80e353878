import type { EngineInfo } from '@pugmark/inference';
import { ForkedChild, type ChildExit } from '@pugmark/platform';
import type { EngineHealth, FromEngine, ImageOutcome, ModelRef, PoolImage, ToEngine } from './engine-protocol';

/** How and why a process exited. */
export interface EngineExit {
  /** `failed`: it reported that it cannot work; `stopped`: it was stopped by the pool. */
  readonly kind: 'crashed' | 'hung' | 'failed' | 'stopped';
  readonly code: string;
  /** Description with signal or exit code. */
  readonly message: string;
  /** End of its standard output and error. */
  readonly lastOutput: string;
}

export interface ProcessOptions {
  readonly childPath: string;
  readonly start: Extract<ToEngine, { type: 'start' }>;
  readonly startDeadlineMs: number;
  readonly imageDeadlineMs: number;
  readonly env: Readonly<Record<string, string>>;
}

export interface ProcessEvents {
  onReady(engine: EngineInfo): void;
  onLoaded(model: string, problem: Extract<FromEngine, { type: 'loaded' }>['problem']): void;
  onStarted(batch: number, id: number): void;
  onAnswer(batch: number, outcome: ImageOutcome, health: EngineHealth): void;
  /** Called exactly once, as the last event. */
  onExited(exit: EngineExit): void;
}

/** One engine process from start to exit. */
export class EngineProcess {
  readonly #options: ProcessOptions;
  readonly #events: ProcessEvents;
  readonly #child: ForkedChild<ToEngine, FromEngine>;
  /** Why the process cannot work, as it reported before it exits. */
  #failure: Extract<FromEngine, { type: 'failed' }> | null = null;
  #ready = false;
  #images = 0;
  /** Keys of models that were sent to the process. */
  readonly #knownModels = new Set<string>();
  #progressTimer: NodeJS.Timeout | undefined;

  constructor(options: ProcessOptions, events: ProcessEvents) {
    this.#options = options;
    this.#events = events;
    this.#child = new ForkedChild<ToEngine, FromEngine>(
      { childPath: options.childPath, env: options.env, serialization: 'json', captureOutput: true },
      { onMessage: (message) => this.#receive(message), onExited: (exit) => this.#onExited(exit) },
    );
    this.#setDeadline(options.startDeadlineMs, `was not ready within ${options.startDeadlineMs} ms`);
    for (const model of options.start.models) this.#knownModels.add(model.key);
    this.#child.send(options.start);
  }

  get pid(): number | null {
    return this.#child.pid;
  }

  /** Images assigned to it and not answered. */
  get imagesInFlight(): number {
    return this.#images;
  }

  assign(batch: number, model: ModelRef, images: readonly PoolImage[]): void {
    if (this.#images === 0) this.#startAnswerDeadline();
    this.#images += images.length;
    if (!this.#knownModels.has(model.key)) this.load(model);
    this.#child.send({ type: 'batch', batch, model: model.key, images });
  }

  load(model: ModelRef): void {
    this.#knownModels.add(model.key);
    this.#child.send({ type: 'load', model });
  }

  /** Closes the channel, which makes the process exit, and kills it after `graceMs` milliseconds if it does not. */
  stop(graceMs: number): void {
    clearTimeout(this.#progressTimer);
    this.#child.stop(graceMs);
  }

  #receive(message: FromEngine): void {
    switch (message.type) {
      case 'ready':
        clearTimeout(this.#progressTimer);
        this.#ready = true;
        return this.#events.onReady(message.engine);
      case 'loaded':
        return this.#events.onLoaded(message.model, message.problem);
      case 'failed':
        this.#failure ??= message;
        return;
      case 'started':
        return this.#events.onStarted(message.batch, message.id);
      case 'answer':
        this.#images -= 1;
        clearTimeout(this.#progressTimer);
        if (this.#images > 0) this.#startAnswerDeadline();
        return this.#events.onAnswer(message.batch, message.outcome, message.health);
    }
  }

  /** Only answers count as progress: a process may report further images as started while one of them hangs. */
  #startAnswerDeadline(): void {
    this.#setDeadline(this.#options.imageDeadlineMs, `answered nothing for ${this.#options.imageDeadlineMs} ms`);
  }

  #setDeadline(ms: number, problem: string): void {
    clearTimeout(this.#progressTimer);
    if (!this.#child.isAvailable || this.#failure !== null) return;
    this.#progressTimer = setTimeout(() => this.#child.kill(`${problem} and was killed`), ms);
  }

  #onExited(exit: ChildExit): void {
    clearTimeout(this.#progressTimer);
    this.#events.onExited({ ...this.#reasonOf(exit), lastOutput: exit.lastOutput });
  }

  #reasonOf({ kind, message }: ChildExit): Pick<EngineExit, 'kind' | 'code' | 'message'> {
    if (this.#failure !== null && kind !== 'stopped') {
      return { kind: 'failed', code: this.#failure.code, message: this.#failure.message };
    }
    switch (kind) {
      case 'killed':
        return { kind: 'hung', code: 'engine_hung', message };
      case 'stopped':
        return { kind: 'stopped', code: 'engine_stopped', message };
      case 'exited':
        return {
          kind: 'crashed',
          code: 'engine_crashed',
          message: this.#ready ? message : `${message} before it was ready`,
        };
      case 'not_started':
      case 'disconnected':
        return { kind: 'crashed', code: 'engine_crashed', message };
    }
  }
}
