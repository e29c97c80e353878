import { existsSync } from 'node:fs';
import { FatalError, RetryableError, startDeadline, withDeadline } from '@pugmark/domain';
import type { EngineInfo, EngineOptions } from '@pugmark/inference';
import { attributeCrash, type Batch, type BatchInFlight, type QueuedImage } from './crash-attribution';
import type { EngineExit } from './engine-process';
import type { FromEngine, ImageOutcome, ModelRef, PoolImage } from './engine-protocol';
import { EngineSlot, type EngineStatus, type RestartPolicy } from './engine-slot';

export type { EngineState, EngineStatus, RestartPolicy } from './engine-slot';
export type { ImageDone, ImageFailed, ImageOutcome, ModelRef, PoolImage } from './engine-protocol';

/** Logger of a pool; compatible with pino. */
export interface PoolLogger {
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
  error(details: object, message: string): void;
}

export interface EnginePoolOptions {
  /** Path of the bundled `engine.child.js`. */
  readonly childPath: string;
  readonly processes: number;
  readonly engine: EngineOptions;
  /** Models loaded before `start` resolves. */
  readonly models: readonly ModelRef[];
  /** Maximum models that each process keeps loaded. */
  readonly maxModels?: number;
  /** Maximum pixels of an image. */
  readonly pixelLimit: number;
  readonly logger: PoolLogger;
  /** Maximum batches in flight per process: with two, it decodes the next one during inference. */
  readonly batchesPerProcess?: number;
  /** Maximum images per batch: a call is distributed among processes in batches of this size. Unlimited by default. */
  readonly batchImages?: number;
  /**
   * Maximum time that a process with images in flight may take until its next answer. Longer for a model that is known
   * to be slow.
   */
  readonly imageDeadlineMs?: number;
  /** Maximum time that a process may take to start its engine; loading models has a deadline per model. */
  readonly startDeadlineMs?: number;
  readonly restart?: RestartPolicy;
  /** Memory above which a process is replaced as soon as it is idle. */
  readonly maxRssBytes?: number;
  /** Complete environment of the process with this index: nothing is inherited. */
  readonly env?: (process: number) => Readonly<Record<string, string>>;
}

/** Number of crashes or hangs of a process with a single image after which the image fails. */
const MAX_FAILED_ATTEMPTS = 2;
/**
 * Consecutive crashes before any process was ready after which the start fails: the engine does not run on this
 * machine.
 */
const MAX_FAILED_STARTS = 4;
const MAX_MODELS = 3;
/** Consecutive exits of processes while they loaded a model after which the images that wait for it are answered. */
const MAX_FAILED_LOADS = 2;
/** Deadline of an answer, as a multiple of the time that the model needed for images before. */
const SLOW_MODEL_FACTOR = 3;
/** Part of the slowest time of an image that is kept with each further answer. */
const SLOWNESS_KEPT = 0.98;
/** Interval at which images that wait for a process to start or load are told that work moves. */
const PREPARING_PROGRESS_MS = 1_000;
/** Maximum time that a process may take to exit once its channel is closed. */
const STOP_GRACE_MS = 1_000;

interface Loading {
  readonly waitingFor: Set<EngineSlot>;
  resolve(): void;
  reject(error: Error): void;
}

/**
 * Keeps engine processes running and distributes images among them. A process that crashes or hangs costs time but no
 * result: its images are inferred by another process, and the offending image is found by halving, and fails.
 */
export class EnginePool {
  readonly #options: EnginePoolOptions;
  readonly #slots: EngineSlot[];
  readonly #startDeadlineMs: number;
  /** Batches not assigned to a process. */
  readonly #waiting: Batch[] = [];
  readonly #isolated: Batch[] = [];
  readonly #loaded = new Set<EngineSlot>();
  #engine: EngineInfo | null = null;
  /** Models that new processes load at their start: the most recently loaded ones. */
  #models: readonly ModelRef[];
  readonly #loading = new Map<string, Loading>();
  /** Consecutive exits of processes that were loading the model, by key. */
  readonly #failedLoads = new Map<string, number>();
  /** Milliseconds of inference per image, by key of the model: a slowly decreasing maximum. */
  readonly #inferMs = new Map<string, number>();
  #failedStarts = 0;
  /** The last assigned batch was isolated: other batches go next, if there are any. */
  #lastWasIsolated = false;
  #nextWireId = 1;
  #unavailableTimer: NodeJS.Timeout | undefined;
  #preparingTimer: NodeJS.Timeout | undefined;
  #lastExit = 'no process has exited';
  #starting: { resolve(): void; reject(error: Error): void } | null = null;
  #onIdle: (() => void) | null = null;
  #stopped: Promise<void> | null = null;

  constructor(options: EnginePoolOptions) {
    this.#options = options;
    this.#startDeadlineMs = options.startDeadlineMs ?? 120_000;
    this.#models = options.models;
    this.#slots = Array.from({ length: options.processes }, (_, index) => this.#createSlot(index));
  }

  /** The engine in use, and why; null until the first process is ready. */
  get engine(): EngineInfo | null {
    return this.#engine;
  }

  /**
   * Resolves when every process is ready. Rejects with FatalError, after stopping everything: the process's own code
   * when engine or model are not available, `engine_missing` when the child file is not built, `engine_dies_at_start`,
   * `engine_start_timeout`.
   */
  async start(): Promise<EngineInfo> {
    const { childPath } = this.#options;
    if (!existsSync(childPath))
      throw new FatalError('engine_missing', `${childPath} does not exist: run the build first`);
    const limit = startDeadline(this.#maxStartMs(), 'start');
    try {
      const ready = new Promise<void>((resolve, reject) => {
        this.#starting = { resolve, reject };
      });
      for (const slot of this.#slots) slot.start();
      await Promise.race([ready, limit.expired.catch(() => Promise.reject(this.#startTimeoutError()))]);
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
   * Loads the model in every process, including those that start later, while they continue their work. Resolves when
   * it is loaded and warmed up in each ready process. Rejects with RetryableError when it cannot be loaded; nothing
   * changes then.
   */
  async load(model: ModelRef): Promise<void> {
    const slots = this.#slots.filter((slot) => slot.isReady);
    const loaded = new Promise<void>((resolve, reject) =>
      this.#loading.set(model.key, { waitingFor: new Set(slots), resolve, reject }),
    );
    try {
      for (const slot of slots) slot.load(model);
      // A process is killed at the same deadline, at the latest when it has finished its work in flight.
      if (slots.length > 0)
        await withDeadline(
          loaded,
          model.loadDeadlineMs + this.#startDeadlineMs,
          `loading model ${model.manifest.name}`,
        );
      const max = this.#options.maxModels ?? MAX_MODELS;
      this.#models = [...this.#models.filter(({ key }) => key !== model.key), model].slice(-max);
    } finally {
      this.#loading.delete(model.key);
    }
  }

  /**
   * Runs inference on the images; loads the model if necessary. Resolves with one outcome per image, in order. Never
   * rejects: what cannot be done now (the pool is stopping, no process becomes ready) is `interrupted`; a model that
   * cannot be loaded is `retry`; an image that crashes or hangs an engine twice by itself has `failed` with
   * `engine_crashed` or `engine_hung`, but is `interrupted` when the system killed it. Calls `onProgress` when an image
   * is answered, or work moves that one waits for.
   */
  async infer(
    model: ModelRef,
    images: readonly PoolImage[],
    onProgress: () => void = () => undefined,
  ): Promise<ImageOutcome[]> {
    if (images.length === 0) return [];
    const items: QueuedImage[] = [];
    const outcomes = images.map(
      (image) =>
        new Promise<ImageOutcome>((settle) =>
          items.push({ wireId: this.#nextWireId++, image, failedAttempts: 0, settle, onProgress }),
        ),
    );
    const batchSize = this.#options.batchImages ?? items.length;
    for (let start = 0; start < items.length; start += batchSize)
      this.#waiting.push({ model, items: items.slice(start, start + batchSize), isolated: false });
    this.#assignBatches();
    return Promise.all(outcomes);
  }

  /** Status of each process, in a fixed order. */
  status(): EngineStatus[] {
    return this.#slots.map((slot) => slot.status());
  }

  /**
   * Takes no more work, gives the processes up to `deadlineMs` milliseconds to finish their work in flight, and ends
   * them. When it resolves there are no processes and no timers left, and each `infer` call has been answered.
   */
  stop(deadlineMs: number): Promise<void> {
    this.#stopped ??= this.#stop(deadlineMs);
    return this.#stopped;
  }

  async #stop(deadlineMs: number): Promise<void> {
    for (const slot of this.#slots) slot.drain();
    // After this, `#stopped` is set, and waiting images are failed instead of assigned.
    await Promise.resolve();
    this.#assignBatches();
    const quiet = new Promise<void>((resolve) => {
      this.#onIdle = resolve;
    });
    this.#resolveIfIdle();
    // Exceeding the deadline is not an error here: images in flight are failed as stopped.
    await withDeadline(quiet, deadlineMs, 'the last batches').catch(() => undefined);
    await Promise.all(this.#slots.map((slot) => slot.stop(STOP_GRACE_MS)));
  }

  #createSlot(index: number): EngineSlot {
    const {
      childPath,
      engine,
      pixelLimit,
      imageDeadlineMs = 60_000,
      maxModels: maxModels = MAX_MODELS,
      env = () => ({}),
    } = this.#options;
    const start = () => ({ type: 'start', engine, models: this.#models, maxModels, pixelLimit }) as const;
    const slot: EngineSlot = new EngineSlot(
      index,
      () => ({
        childPath,
        start: start(),
        startDeadlineMs: this.#startDeadlineMs,
        answerDeadlineMs: (key, count) =>
          Math.max(imageDeadlineMs, SLOW_MODEL_FACTOR * count * (this.#inferMs.get(key) ?? 0)),
        env: env(index),
      }),
      {
        restart: this.#options.restart ?? { firstMs: 200, maxMs: 30_000 },
        maxRssBytes: this.#options.maxRssBytes ?? Infinity,
      },
      {
        onReady: (info) => this.#onReady(slot, info),
        onLoaded: (model, problem) => this.#onLoaded(slot, model, problem),
        onAnswer: (item, outcome, { key }) => {
          if (outcome.ok)
            this.#inferMs.set(key, Math.max(outcome.inferMs, (this.#inferMs.get(key) ?? 0) * SLOWNESS_KEPT));
          item.settle(outcome);
          this.#reportProgress([item, ...slot.pending, ...this.#queued()]);
        },
        onChanged: () => {
          this.#resolveIfIdle();
          this.#assignBatches();
        },
        onExited: (exit, inFlight, restartInMs) => this.#onExited(slot, exit, inFlight, restartInMs),
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
    this.#reportProgress(this.#queued());
    this.#assignBatches();
  }

  #onLoaded(slot: EngineSlot, model: string, problem: Extract<FromEngine, { type: 'loaded' }>['problem']): void {
    if (problem === null) this.#failedLoads.delete(model);
    else if (this.#loaded.size > 0) this.#models = this.#models.filter(({ key }) => key !== model);
    this.#reportProgress([...slot.pending, ...this.#queued()]);
    const loading = this.#loading.get(model);
    if (loading === undefined) return;
    loading.waitingFor.delete(slot);
    if (problem !== null) loading.reject(new RetryableError(problem.code, problem.message));
    else if (loading.waitingFor.size === 0) loading.resolve();
  }

  #onExited(slot: EngineSlot, exit: EngineExit, inFlight: readonly BatchInFlight[], restartInMs: number): void {
    const details = { process: slot.status().index, ...exit, batches: inFlight.length, restartInMs };
    // A restarted process starts without the model; the caller tries again.
    for (const loading of this.#loading.values()) {
      if (loading.waitingFor.has(slot))
        loading.reject(new RetryableError(exit.code, `an engine process that was to load a model ${exit.message}`));
    }
    this.#failAfterRepeatedCrashes(exit);
    if (exit.kind === 'failed' && this.#starting !== null)
      this.#starting.reject(new FatalError(exit.code, exit.message));
    else if (exit.kind === 'failed')
      this.#options.logger.error(details, 'an engine process cannot work; it is restarted');
    else if (exit.kind !== 'stopped') this.#options.logger.warn(details, 'an engine process exited; it is restarted');
    if (exit.kind !== 'stopped') this.#lastExit = `the last one ${exit.message}`;
    if (this.#stopped !== null) this.#failAsStopped(inFlight.flatMap(({ pending }) => [...pending.values()]));
    else if (exit.loading !== null && exit.kind !== 'stopped') this.#recordFailedLoad(exit.loading, exit, inFlight);
    else this.#requeueBatches(exit, inFlight);
    this.#resolveIfIdle();
    this.#assignBatches();
  }

  #failAfterRepeatedCrashes(exit: EngineExit): void {
    if (this.#starting === null || this.#loaded.size > 0) return;
    if (exit.kind !== 'crashed' && exit.kind !== 'terminated') return;
    this.#failedStarts += 1;
    if (this.#failedStarts < MAX_FAILED_STARTS) return;
    this.#starting.reject(
      new FatalError(
        'engine_dies_at_start',
        `engine processes crash before they are ready, ${MAX_FAILED_STARTS} in a row; the last one ${exit.message}: ${exit.lastOutput}`,
      ),
    );
  }

  /**
   * Attributes the exit to the model that was being loaded, not to images. After two in a row, the images that wait for
   * this model are answered. A model that does not load must not prevent processes from starting: later ones load it
   * when an image needs it.
   */
  #recordFailedLoad(key: string, exit: EngineExit, inFlight: readonly BatchInFlight[]): void {
    const open = inFlight.map(({ batch, pending }) => ({ ...batch, items: [...pending.values()] })).filter(hasItems);
    this.#waiting.unshift(...open.filter(({ isolated }) => !isolated));
    this.#isolated.unshift(...open.filter(({ isolated }) => isolated));
    if (this.#loaded.size > 0) this.#models = this.#models.filter((model) => model.key !== key);
    const failures = (this.#failedLoads.get(key) ?? 0) + 1;
    this.#failedLoads.set(key, failures);
    if (failures < MAX_FAILED_LOADS) return;
    this.#failedLoads.delete(key);
    const message = `the model ${key} could not be loaded: ${failures} engine processes in a row failed while loading it; the last one ${exit.message}`;
    this.#options.logger.error({ model: key, lastOutput: exit.lastOutput }, message);
    for (const item of this.#takeWaiting(({ model }) => model.key === key))
      item.settle({ id: item.image.id, ok: false, code: 'model_load_failed', message, outcome: 'retry' });
  }

  #requeueBatches(exit: EngineExit, inFlight: readonly BatchInFlight[]): void {
    const { cleared, isolated, offending } = attributeCrash(inFlight, exit);
    // At the front of the queue: they have waited longest.
    this.#waiting.unshift(...cleared);
    this.#isolated.unshift(...isolated);
    if (offending !== null) this.#recordFailedAttempt(offending.model, offending.item, exit);
  }

  #recordFailedAttempt(model: ModelRef, image: QueuedImage, exit: EngineExit): void {
    image.failedAttempts += 1;
    if (image.failedAttempts < MAX_FAILED_ATTEMPTS) {
      this.#isolated.unshift({ model, items: [image], isolated: true });
      return;
    }
    const message = `an engine process with only this image failed ${MAX_FAILED_ATTEMPTS} times; the last time it ${exit.message}`;
    if (exit.kind === 'terminated') {
      // The other programs of the machine need memory, too: this proves nothing about the image.
      const { id } = image.image;
      return image.settle({ id, ok: false, code: 'engine_out_of_memory', message, outcome: 'interrupted' });
    }
    const code = exit.kind === 'hung' ? 'engine_hung' : 'engine_crashed';
    this.#options.logger.warn(
      { image: image.image, code, lastOutput: exit.lastOutput },
      'an image crashes or hangs engine processes and has failed',
    );
    image.settle({ id: image.image.id, ok: false, code, message, outcome: 'failed' });
  }

  /** Assigns waiting batches to processes. */
  #assignBatches(): void {
    if (this.#stopped !== null) this.#failAsStopped(this.#takeWaiting());
    this.#assignIsolated();
    const max = this.#options.batchesPerProcess ?? 2;
    // Reserves one process for an isolated batch; the others continue.
    const reserved =
      this.#isolated.length > 0 && this.#mayAssignIsolated() ? this.#leastLoaded((slot) => slot.batches) : undefined;
    while (this.#waiting.length > 0) {
      const slot = this.#leastLoaded(
        (candidate) => candidate.imagesInFlight,
        (candidate) => candidate !== reserved && candidate.batches < max,
      );
      if (slot === undefined) break;
      slot.assign(this.#waiting.shift()!);
      this.#lastWasIsolated = false;
    }
    this.#updateUnavailableTimer();
    this.#updatePreparingTimer();
  }

  #assignIsolated(): void {
    while (this.#isolated.length > 0 && this.#mayAssignIsolated()) {
      const slot = this.#slots.find((candidate) => candidate.isReady && candidate.batches === 0);
      if (slot === undefined) return;
      slot.assign(this.#isolated.shift()!);
      this.#lastWasIsolated = true;
    }
  }

  /**
   * Allows one isolated batch at a time, alternating with others if there are any: a folder of bad images must not
   * delay good ones.
   */
  #mayAssignIsolated(): boolean {
    return this.#waiting.length === 0 || (!this.#lastWasIsolated && !this.#slots.some((slot) => slot.isExclusive));
  }

  /** Returns the first ready process with the lowest load, without those that hold an isolated batch. */
  #leastLoaded(
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

  /** Answers waiting images when no process becomes ready in time, so that another worker may try them. */
  #updateUnavailableTimer(): void {
    const starving =
      this.#waiting.length + this.#isolated.length > 0 &&
      !this.#slots.some((slot) => slot.isReady || slot.pending.length > 0);
    if (!starving) {
      clearTimeout(this.#unavailableTimer);
      this.#unavailableTimer = undefined;
    } else {
      this.#unavailableTimer ??= setTimeout(() => {
        this.#unavailableTimer = undefined;
        const message = `no engine process has been ready for ${this.#maxStartMs()} ms: ${this.#lastExit}`;
        this.#options.logger.error({ processes: this.status() }, message);
        for (const item of this.#takeWaiting())
          item.settle({ id: item.image.id, ok: false, code: 'engine_unavailable', message, outcome: 'interrupted' });
      }, this.#maxStartMs());
    }
  }

  /**
   * While processes start and load models, within deadlines of their own, no image is answered: reports progress for
   * the images that wait for them.
   */
  #updatePreparingTimer(): void {
    const waitFor = (): QueuedImage[] => {
      const preparing = this.#slots.filter((slot) => slot.isPreparing);
      const queued = preparing.length === this.#slots.length ? this.#queued() : [];
      return [...preparing.flatMap((slot) => slot.pending), ...queued];
    };
    if (waitFor().length === 0) {
      clearInterval(this.#preparingTimer);
      this.#preparingTimer = undefined;
    } else {
      this.#preparingTimer ??= setInterval(() => {
        this.#reportProgress(waitFor());
        this.#updatePreparingTimer();
      }, PREPARING_PROGRESS_MS);
    }
  }

  #reportProgress(images: readonly QueuedImage[]): void {
    for (const onProgress of new Set(images.map((image) => image.onProgress))) onProgress();
  }

  /** Images that are not assigned to a process. */
  #queued(): QueuedImage[] {
    return [...this.#isolated, ...this.#waiting].flatMap(({ items }) => items);
  }

  #takeWaiting(matches: (batch: Batch) => boolean = () => true): QueuedImage[] {
    const taken: QueuedImage[] = [];
    for (const queue of [this.#isolated, this.#waiting])
      for (const batch of queue.splice(0)) {
        if (matches(batch)) taken.push(...batch.items);
        else queue.push(batch);
      }
    return taken;
  }

  /** Maximum time until a process has started its engine and loaded its models. */
  #maxStartMs(): number {
    return this.#models.reduce((sum, { loadDeadlineMs }) => sum + loadDeadlineMs, this.#startDeadlineMs);
  }

  #failAsStopped(items: readonly QueuedImage[]): void {
    const rest = {
      ok: false,
      code: 'engine_stopped',
      message: 'the worker is stopping; the image is processed later',
      outcome: 'interrupted',
    } as const;
    for (const item of items) item.settle({ id: item.image.id, ...rest });
  }

  #resolveIfIdle(): void {
    if (this.#slots.every((slot) => slot.batches === 0)) this.#onIdle?.();
  }

  #startTimeoutError(): FatalError {
    const ready = this.#loaded.size;
    const message = `only ${ready} of ${this.#slots.length} engine processes were ready within ${this.#maxStartMs()} ms; ${this.#lastExit}`;
    return new FatalError('engine_start_timeout', message);
  }
}

function hasItems({ items }: Batch): boolean {
  return items.length > 0;
}
