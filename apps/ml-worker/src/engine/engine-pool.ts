import { existsSync } from 'node:fs';
import { FatalError, RetryableError, startDeadline, withDeadline } from '@pugmark/domain';
import type { EngineInfo, EngineOptions } from '@pugmark/inference';
import { judge, type Batch, type BatchInHand, type Item } from './crash-attribution';
import type { Death } from './engine-process';
import type { FromEngine, ImageOutcome, ModelRef, PoolImage } from './engine-protocol';
import { EngineSlot, type EngineStatus, type RestartPolicy } from './engine-slot';

export type { EngineState, EngineStatus, RestartPolicy } from './engine-slot';
export type { ImageDone, ImageFailed, ImageOutcome, ModelRef, PoolImage } from './engine-protocol';

/** What a pool says to the log; pino fits. */
export interface PoolLogger {
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
  error(details: object, message: string): void;
}

export interface EnginePoolOptions {
  /** The bundled `engine.child.js`. */
  readonly childPath: string;
  readonly processes: number;
  readonly engine: EngineOptions;
  /** Loaded before `start` resolves. */
  readonly models: readonly ModelRef[];
  /** Most models that each process keeps loaded. */
  readonly mostModels?: number;
  /** Most pixels that a picture may have. */
  readonly pixelLimit: number;
  readonly logger: PoolLogger;
  /** Batches in one process at once: with two, it decodes the next one while it looks at this one. */
  readonly batchesPerProcess?: number;
  /** Most pictures in one batch: what one call asks for is shared out among processes in pieces of it. As many as come, unless told. */
  readonly batchPictures?: number;
  /** Longest that a process which holds pictures may answer none. */
  readonly imageDeadlineMs?: number;
  /** Longest that a process may take to load its model, and that pictures wait while no process is ready. */
  readonly startDeadlineMs?: number;
  readonly restart?: RestartPolicy;
  /** Memory from which on a process is replaced as soon as it holds nothing. */
  readonly mostRssBytes?: number;
  /** The whole environment of the process with this number: nothing is inherited. */
  readonly env?: (process: number) => Readonly<Record<string, string>>;
}

/** How often a picture may end a process that holds nothing else. */
const STRIKES = 2;
/** Deaths before any process was ready, after which starting is given up: the engine does not run on this machine. */
const STILLBORN = 4;
const MOST_MODELS = 3;
/** How long a process may take to end by itself once its channel is closed. */
const STOP_GRACE_MS = 1_000;

interface Loading {
  readonly waitingFor: Set<EngineSlot>;
  resolve(): void;
  reject(error: Error): void;
}

/**
 * Keeps engine processes alive and shares pictures out among them. A process that dies or hangs costs time, never a picture: its
 * pictures are done elsewhere, and the one that ended it is found, and failed, by halving.
 */
export class EnginePool {
  readonly #options: EnginePoolOptions;
  readonly #slots: EngineSlot[];
  readonly #startDeadlineMs: number;
  /** Batches that no process holds. */
  readonly #waiting: Batch[] = [];
  readonly #suspects: Batch[] = [];
  readonly #loaded = new Set<EngineSlot>();
  #engine: EngineInfo | null = null;
  /** What new processes start with: the models that were named last. */
  #models: readonly ModelRef[];
  readonly #loading = new Map<string, Loading>();
  #stillborn = 0;
  /** A suspect was given out last: now it is the others' turn, if there are any. */
  #othersFirst = false;
  #nextWireId = 1;
  #starvation: NodeJS.Timeout | undefined;
  #lastDeath = 'none has died';
  #starting: { resolve(): void; reject(error: Error): void } | null = null;
  #whenQuiet: (() => void) | null = null;
  #stopped: Promise<void> | null = null;

  constructor(options: EnginePoolOptions) {
    this.#options = options;
    this.#startDeadlineMs = options.startDeadlineMs ?? 120_000;
    this.#models = options.models;
    this.#slots = Array.from({ length: options.processes }, (_, index) => this.#createSlot(index));
  }

  /** What computes, and why; null until the first process is ready. */
  get engine(): EngineInfo | null {
    return this.#engine;
  }

  /**
   * Resolves when every process is ready. Rejects with FatalError, everything stopped again: the process's own code when engine or
   * model cannot be had, `engine_missing` when the child file is not built, `engine_dies_at_start`, `engine_start_timeout`.
   */
  async start(): Promise<EngineInfo> {
    const { childPath } = this.#options;
    if (!existsSync(childPath))
      throw new FatalError('engine_missing', `${childPath} does not exist: run the build first`);
    const limit = startDeadline(this.#startDeadlineMs, 'start');
    try {
      const ready = new Promise<void>((resolve, reject) => {
        this.#starting = { resolve, reject };
      });
      for (const slot of this.#slots) slot.start();
      await Promise.race([ready, limit.expired.catch(() => Promise.reject(this.#startTimeout()))]);
      return this.#engine!;
    } catch (error) {
      await this.stop(0);
      throw error;
    } finally {
      this.#starting = null;
      limit.clear();
    }
  }

  /**
   * Has every process load the model, and those that come later start with it, while they go on with the work that they have. Resolves
   * when it is loaded and has run once in each that is up. Rejects with RetryableError when it cannot be loaded: nothing changes then.
   */
  async load(model: ModelRef): Promise<void> {
    const slots = this.#slots.filter((slot) => slot.isReady);
    const loaded = new Promise<void>((resolve, reject) =>
      this.#loading.set(model.key, { waitingFor: new Set(slots), resolve, reject }),
    );
    try {
      for (const slot of slots) slot.load(model);
      if (slots.length > 0) await withDeadline(loaded, this.#startDeadlineMs, `loading model ${model.manifest.name}`);
      const most = this.#options.mostModels ?? MOST_MODELS;
      this.#models = [...this.#models.filter(({ key }) => key !== model.key), model].slice(-most);
    } finally {
      this.#loading.delete(model.key);
    }
  }

  /**
   * Looks at the pictures with the model, which is loaded if it is not yet: one outcome for each, in their order. Never rejects: what cannot be answered now (the pool stops, no
   * process comes up) is a retryable failure. A picture that ends or hangs an engine twice by itself is a permanent one:
   * `engine_crashed`, `engine_hung`.
   */
  async look(model: ModelRef, images: readonly PoolImage[]): Promise<ImageOutcome[]> {
    if (images.length === 0) return [];
    const items: Item[] = [];
    const outcomes = images.map(
      (image) =>
        new Promise<ImageOutcome>((settle) => items.push({ wireId: this.#nextWireId++, image, strikes: 0, settle })),
    );
    const most = this.#options.batchPictures ?? items.length;
    for (let start = 0; start < items.length; start += most)
      this.#waiting.push({ model, items: items.slice(start, start + most), suspect: false });
    this.#pump();
    return Promise.all(outcomes);
  }

  /** One entry for each process, in a fixed order. */
  status(): EngineStatus[] {
    return this.#slots.map((slot) => slot.status());
  }

  /**
   * Takes no more work, gives the processes up to `deadlineMs` milliseconds for what they hold, and ends them. When it resolves
   * there are no processes and no timers left, and each `look` has been answered.
   */
  stop(deadlineMs: number): Promise<void> {
    this.#stopped ??= this.#stop(deadlineMs);
    return this.#stopped;
  }

  async #stop(deadlineMs: number): Promise<void> {
    for (const slot of this.#slots) slot.drain();
    // In the next turn `#stopped` is set, and what waits is answered instead of given out.
    await Promise.resolve();
    this.#pump();
    const quiet = new Promise<void>((resolve) => {
      this.#whenQuiet = resolve;
    });
    this.#tellIfQuiet();
    // A deadline that passes is no error here: what is still being done is answered as stopped.
    await withDeadline(quiet, deadlineMs, 'the last batches').catch(() => undefined);
    await Promise.all(this.#slots.map((slot) => slot.stop(STOP_GRACE_MS)));
  }

  #createSlot(index: number): EngineSlot {
    const {
      childPath,
      engine,
      pixelLimit,
      imageDeadlineMs = 60_000,
      mostModels = MOST_MODELS,
      env = () => ({}),
    } = this.#options;
    const start = () => ({ type: 'start', engine, models: this.#models, mostModels, pixelLimit }) as const;
    const slot: EngineSlot = new EngineSlot(
      index,
      () => ({ childPath, start: start(), startDeadlineMs: this.#startDeadlineMs, imageDeadlineMs, env: env(index) }),
      {
        restart: this.#options.restart ?? { baseMs: 200, maxMs: 30_000 },
        mostRssBytes: this.#options.mostRssBytes ?? Infinity,
      },
      {
        onReady: (info) => this.#onReady(slot, info),
        onLoaded: (model, problem) => this.#onLoaded(slot, model, problem),
        onAnswer: (item, outcome) => item.settle(outcome),
        onRoom: () => {
          this.#tellIfQuiet();
          this.#pump();
        },
        onGone: (death, inHand, restartInMs) => this.#onGone(slot, death, inHand, restartInMs),
      },
    );
    return slot;
  }

  #onReady(slot: EngineSlot, engine: EngineInfo): void {
    const { index, pid, restarts, recycles } = slot.status();
    const models = this.#models.map(({ key }) => key);
    this.#options.logger.info(
      { process: index, pid, restarts, recycles, engine, models },
      'an engine process is ready',
    );
    this.#engine = engine;
    this.#loaded.add(slot);
    if (this.#loaded.size === this.#slots.length) this.#starting?.resolve();
    this.#pump();
  }

  #onLoaded(slot: EngineSlot, model: string, problem: Extract<FromEngine, { type: 'loaded' }>['problem']): void {
    const loading = this.#loading.get(model);
    if (loading === undefined) return;
    loading.waitingFor.delete(slot);
    if (problem !== null) loading.reject(new RetryableError(problem.code, problem.message));
    else if (loading.waitingFor.size === 0) loading.resolve();
  }

  #onGone(slot: EngineSlot, death: Death, inHand: readonly BatchInHand[], restartInMs: number): void {
    const details = { process: slot.status().index, ...death, batches: inHand.length, restartInMs };
    // One that comes back starts without it; whoever asked tries again.
    for (const loading of this.#loading.values()) {
      if (loading.waitingFor.has(slot))
        loading.reject(new RetryableError(death.code, `an engine process that was to load a model ${death.message}`));
    }
    this.#giveUpStillborn(death);
    if (death.kind === 'failed' && this.#starting !== null)
      this.#starting.reject(new FatalError(death.code, death.message));
    else if (death.kind === 'failed')
      this.#options.logger.error(details, 'an engine process cannot work any more; it is tried again');
    else if (death.kind !== 'stopped') this.#options.logger.warn(details, 'an engine process died; it is restarted');
    if (death.kind !== 'stopped') this.#lastDeath = `the last one ${death.message}`;
    if (this.#stopped !== null) this.#answerStopped(inHand.flatMap(({ unanswered }) => [...unanswered.values()]));
    else this.#handOver(death, inHand);
    this.#tellIfQuiet();
    this.#pump();
  }

  #giveUpStillborn(death: Death): void {
    if (this.#starting === null || this.#loaded.size > 0 || death.kind !== 'crashed') return;
    this.#stillborn += 1;
    if (this.#stillborn < STILLBORN) return;
    this.#starting.reject(
      new FatalError(
        'engine_dies_at_start',
        `engine processes die before they are ready, ${STILLBORN} in a row; the last one ${death.message}: ${death.lastWords}`,
      ),
    );
  }

  #handOver(death: Death, inHand: readonly BatchInHand[]): void {
    const { innocent, suspects, culprit } = judge(inHand, death);
    // In front: they have waited longest.
    this.#waiting.unshift(...innocent);
    this.#suspects.unshift(...suspects);
    if (culprit !== null) this.#strike(culprit.model, culprit.item, death);
  }

  #strike(model: ModelRef, culprit: Item, death: Death): void {
    culprit.strikes += 1;
    if (culprit.strikes < STRIKES) {
      this.#suspects.unshift({ model, items: [culprit], suspect: true });
      return;
    }
    const code = death.kind === 'hung' ? 'engine_hung' : 'engine_crashed';
    const message = `an engine process with nothing but this picture ended ${STRIKES} times; the last time it ${death.message}`;
    this.#options.logger.warn(
      { image: culprit.image, code, lastWords: death.lastWords },
      'a picture ends engine processes and is set aside',
    );
    culprit.settle({ id: culprit.image.id, ok: false, code, message, retryable: false });
  }

  /** Gives out what waits. */
  #pump(): void {
    if (this.#stopped !== null) this.#answerStopped(this.#takeAllWaiting());
    this.#giveOutSuspects();
    const most = this.#options.batchesPerProcess ?? 2;
    // One process is emptied for a suspect; the others go on.
    const reserved =
      this.#suspects.length > 0 && this.#isSuspectsTurn() ? this.#least((slot) => slot.batches) : undefined;
    while (this.#waiting.length > 0) {
      const slot = this.#least(
        (candidate) => candidate.pictures,
        (candidate) => candidate !== reserved && candidate.batches < most,
      );
      if (slot === undefined) break;
      slot.give(this.#waiting.shift()!);
      this.#othersFirst = false;
    }
    this.#watchStarvation();
  }

  #giveOutSuspects(): void {
    while (this.#suspects.length > 0 && this.#isSuspectsTurn()) {
      const slot = this.#slots.find((candidate) => candidate.isReady && candidate.batches === 0);
      if (slot === undefined) return;
      slot.give(this.#suspects.shift()!);
      this.#othersFirst = true;
    }
  }

  /** One suspect at a time, and others in between, if there are any: a folder of bad pictures must not hold up the good ones. */
  #isSuspectsTurn(): boolean {
    return this.#waiting.length === 0 || (!this.#othersFirst && !this.#slots.some((slot) => slot.isExclusive));
  }

  /** The ready process with the least of it, of equal ones the first; none that has been set apart for a suspect. */
  #least(
    load: (slot: EngineSlot) => number,
    allowed: (slot: EngineSlot) => boolean = () => true,
  ): EngineSlot | undefined {
    return this.#slots
      .filter((slot) => slot.isReady && !slot.isExclusive && allowed(slot))
      .reduce<EngineSlot | undefined>(
        (best, slot) => (best === undefined || load(slot) < load(best) ? slot : best),
        undefined,
      );
  }

  /** Pictures do not wait for ever for a process that never comes up: their task is tried again, perhaps by another worker. */
  #watchStarvation(): void {
    const starving = this.#waiting.length + this.#suspects.length > 0 && !this.#slots.some((slot) => slot.isReady);
    if (!starving) {
      clearTimeout(this.#starvation);
      this.#starvation = undefined;
    } else {
      this.#starvation ??= setTimeout(() => {
        this.#starvation = undefined;
        const message = `no engine process has been ready for ${this.#startDeadlineMs} ms: ${this.#lastDeath}`;
        this.#options.logger.error({ processes: this.status() }, message);
        for (const item of this.#takeAllWaiting())
          item.settle({ id: item.image.id, ok: false, code: 'engine_unavailable', message, retryable: true });
      }, this.#startDeadlineMs);
    }
  }

  #takeAllWaiting(): Item[] {
    return [...this.#suspects.splice(0), ...this.#waiting.splice(0)].flatMap(({ items }) => items);
  }

  #answerStopped(items: readonly Item[]): void {
    const rest = {
      ok: false,
      code: 'engine_stopped',
      message: 'the worker stops; the picture is done later',
      retryable: true,
    } as const;
    for (const item of items) item.settle({ id: item.image.id, ...rest });
  }

  #tellIfQuiet(): void {
    if (this.#slots.every((slot) => slot.batches === 0)) this.#whenQuiet?.();
  }

  #startTimeout(): FatalError {
    const ready = this.#loaded.size;
    const message = `only ${ready} of ${this.#slots.length} engine processes were ready within ${this.#startDeadlineMs} ms; ${this.#lastDeath}`;
    return new FatalError('engine_start_timeout', message);
  }
}
