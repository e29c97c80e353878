import type { EngineInfo } from '@pugmark/inference';
import { ForkedChild, type ChildExit } from '@pugmark/platform';
import type { EngineHealth, FromEngine, ImageOutcome, ModelRef, PoolImage, ToEngine } from './engine-protocol';

/** How and why a process exited. */
export interface EngineExit {
  /**
   * `failed`: it reported that it cannot work; `terminated`: it was killed by the system, usually because memory ran
   * out; `stopped`: it was stopped by the pool.
   */
  readonly kind: 'crashed' | 'terminated' | 'hung' | 'failed' | 'stopped';
  readonly code: string;
  /** Description with signal or exit code. */
  readonly message: string;
  /** Key of the model that it was loading, which may be the cause; null if none. */
  readonly loading: string | null;
  /** End of its standard output and error. */
  readonly lastOutput: string;
}

export interface ProcessOptions {
  readonly childPath: string;
  readonly start: Extract<ToEngine, { type: 'start' }>;
  /** Maximum time to start the engine, without loading its models. */
  readonly startDeadlineMs: number;
  /** Maximum time until the next answer, for this many images of the model. */
  readonly answerDeadlineMs: (model: string, images: number) => number;
  readonly env: Readonly<Record<string, string>>;
}

export interface ProcessEvents {
  onReady(engine: EngineInfo): void;
  /** It loads models, and answers no image until it has loaded them. */
  onLoading(): void;
  /** A model is loaded, or not. */
  onLoaded(model: string, problem: Extract<FromEngine, { type: 'loaded' }>['problem']): void;
  onStarted(batch: number, id: number): void;
  onAnswer(batch: number, outcome: ImageOutcome, health: EngineHealth): void;
  /** Called exactly once, as the last event. */
  onExited(exit: EngineExit): void;
}

interface AssignedBatch {
  readonly model: ModelRef;
  unanswered: number;
}

/**
 * One engine process from start to exit: starting, then loading models or answering images. Each of the three has a
 * deadline of its own: the time of an image begins when no model is being loaded.
 */
export class EngineProcess {
  readonly #options: ProcessOptions;
  readonly #events: ProcessEvents;
  readonly #child: ForkedChild<ToEngine, FromEngine>;
  /** Why the process cannot work, as it reported before it exits. */
  #failure: Extract<FromEngine, { type: 'failed' }> | null = null;
  #ready = false;
  /** Batches with unanswered images, by number, oldest first. */
  readonly #batches = new Map<number, AssignedBatch>();
  /** Models that were sent to the process, by key. */
  readonly #models = new Map<string, ModelRef>();
  /** Keys of models that it is asked to load or loads, oldest first. */
  readonly #loading = new Set<string>();
  #deadlineTimer: NodeJS.Timeout | undefined;

  constructor(options: ProcessOptions, events: ProcessEvents) {
    this.#options = options;
    this.#events = events;
    this.#child = new ForkedChild<ToEngine, FromEngine>(
      { childPath: options.childPath, env: options.env, serialization: 'json', captureOutput: true },
      { onMessage: (message) => this.#receive(message), onExited: (exit) => this.#onExited(exit) },
    );
    for (const model of options.start.models) this.#models.set(model.key, model);
    this.#updateDeadline();
    this.#child.send(options.start);
  }

  get pid(): number | null {
    return this.#child.pid;
  }

  /** Images assigned to it and not answered. */
  get imagesInFlight(): number {
    return [...this.#batches.values()].reduce((sum, { unanswered }) => sum + unanswered, 0);
  }

  get isLoading(): boolean {
    return this.#loading.size > 0;
  }

  assign(batch: number, model: ModelRef, images: readonly PoolImage[]): void {
    const wasIdle = this.#batches.size === 0;
    this.#batches.set(batch, { model, unanswered: images.length });
    if (!this.#models.has(model.key)) this.load(model);
    else if (wasIdle) this.#updateDeadline();
    this.#child.send({ type: 'batch', batch, model: model.key, images });
  }

  load(model: ModelRef): void {
    this.#models.set(model.key, model);
    this.#startLoading(model.key);
    this.#child.send({ type: 'load', model });
  }

  /** Closes the channel, which makes the process exit, and kills it after `graceMs` milliseconds if it does not. */
  stop(graceMs: number): void {
    clearTimeout(this.#deadlineTimer);
    this.#child.stop(graceMs);
  }

  #receive(message: FromEngine): void {
    switch (message.type) {
      case 'ready':
        this.#ready = true;
        this.#updateDeadline();
        return this.#events.onReady(message.engine);
      case 'loading':
        return this.#startLoading(message.model);
      case 'loaded':
        this.#loading.delete(message.model);
        // Its files may be repaired before its next batch, which must send it again to be given the time to load it.
        if (message.problem !== null) this.#models.delete(message.model);
        this.#updateDeadline();
        return this.#events.onLoaded(message.model, message.problem);
      case 'failed':
        this.#failure ??= message;
        return;
      case 'started':
        return this.#events.onStarted(message.batch, message.id);
      case 'answer':
        this.#recordAnswer(message.batch);
        this.#updateDeadline();
        return this.#events.onAnswer(message.batch, message.outcome, message.health);
    }
  }

  #startLoading(model: string): void {
    if (this.#loading.has(model)) return;
    this.#loading.add(model);
    if (this.#loading.size > 1) return;
    this.#updateDeadline();
    this.#events.onLoading();
  }

  #recordAnswer(number: number): void {
    const batch = this.#batches.get(number);
    if (batch === undefined) return;
    batch.unanswered -= 1;
    if (batch.unanswered === 0) this.#batches.delete(number);
  }

  /** Restarts the deadline of what the process does now. */
  #updateDeadline(): void {
    clearTimeout(this.#deadlineTimer);
    if (!this.#child.isAvailable || this.#failure !== null) return;
    const [loading] = this.#loading;
    const [batch] = this.#batches.values();
    const { startDeadlineMs, answerDeadlineMs } = this.#options;
    if (loading !== undefined) {
      const ms = this.#models.get(loading)?.loadDeadlineMs ?? startDeadlineMs;
      this.#setDeadline(ms, `did not load the model ${loading} within ${ms} ms`);
    } else if (!this.#ready) {
      this.#setDeadline(startDeadlineMs, `was not ready within ${startDeadlineMs} ms`);
    } else if (batch !== undefined) {
      // Only answers count as progress: a process may report further images as started while one of them hangs.
      const ms = answerDeadlineMs(batch.model.key, Math.min(batch.unanswered, batch.model.manifest.batch));
      this.#setDeadline(ms, `answered nothing for ${ms} ms`);
    }
  }

  #setDeadline(ms: number, problem: string): void {
    this.#deadlineTimer = setTimeout(() => this.#child.kill(`${problem} and was killed`), ms);
  }

  #onExited(exit: ChildExit): void {
    clearTimeout(this.#deadlineTimer);
    const [loading = null] = this.#loading;
    this.#events.onExited({ ...this.#reasonOf(exit), loading, lastOutput: exit.lastOutput });
  }

  #reasonOf({ kind, message }: ChildExit): Pick<EngineExit, 'kind' | 'code' | 'message'> {
    if (this.#failure !== null && kind !== 'stopped') {
      return { kind: 'failed', code: this.#failure.code, message: this.#failure.message };
    }
    switch (kind) {
      case 'killed':
        return { kind: 'hung', code: 'engine_hung', message };
      case 'terminated':
        return { kind: 'terminated', code: 'engine_out_of_memory', message: `${message}, probably for lack of memory` };
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
