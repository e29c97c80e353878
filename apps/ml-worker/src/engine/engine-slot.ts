import type { EngineInfo } from '@pugmark/inference';
import { backoffMs, type BackoffLimits } from '@pugmark/platform';
import type { Batch, BatchInFlight, QueuedImage } from './crash-attribution';
import { EngineProcess, type EngineExit, type ProcessOptions } from './engine-process';
import type { EngineHealth, FromEngine, ImageOutcome, ModelRef } from './engine-protocol';

/**
 * `loading`: it loads models, whether it has images in flight or not. `recycling`: it has grown too large, finishes its
 * work in flight and is replaced.
 */
export type EngineState = 'starting' | 'loading' | 'idle' | 'busy' | 'recycling' | 'restarting' | 'stopped';

export interface EngineStatus {
  readonly index: number;
  /** Null while there is no process. */
  readonly pid: number | null;
  readonly state: EngineState;
  /** Start of the current state. */
  readonly since: Date;
  /** Totals of the slot, over all its processes. */
  readonly batchesDone: number;
  readonly imagesDone: number;
  readonly restarts: number;
  /** Replacements of processes that had grown too large; not included in `restarts`. */
  readonly recycles: number;
  /** Reported with the last answer; zeros before the first. */
  readonly health: EngineHealth;
  /** Batches in flight. */
  readonly batchesInFlight: number;
  /** How the last process that was not stopped exited. */
  readonly lastExit: { readonly at: Date; readonly kind: EngineExit['kind']; readonly message: string } | null;
}

export interface SlotEvents {
  onReady(engine: EngineInfo): void;
  onLoaded(model: string, problem: Extract<FromEngine, { type: 'loaded' }>['problem']): void;
  onAnswer(item: QueuedImage, outcome: ImageOutcome, model: ModelRef): void;
  /** A batch is done, or loading began or ended. */
  onChanged(): void;
  /** The process exited with these batches in flight, oldest first. The slot restarts it by itself. */
  onExited(exit: EngineExit, inFlight: readonly BatchInFlight[], restartInMs: number): void;
}

export interface SlotLimits {
  readonly restart: RestartPolicy;
  /** Memory above which a process is replaced as soon as it is idle. */
  readonly maxRssBytes: number;
}

/** Backoff of restarts without a finished batch in between. */
export type RestartPolicy = BackoffLimits;

/** Maximum time that a process that is replaced may take to exit. */
const RECYCLE_GRACE_MS = 2_000;

/** Slot for one engine process at a time: restarts the process and tracks its work in flight. */
export class EngineSlot {
  readonly #batches = new Map<number, BatchInFlight>();
  #process: EngineProcess | null = null;
  #state: EngineState = 'stopped';
  #since = new Date();
  #batchesDone = 0;
  #imagesDone = 0;
  #restarts = 0;
  #recycles = 0;
  #health: EngineHealth = { rssBytes: 0, tensors: 0 };
  #consecutiveExits = 0;
  #lastExit: EngineStatus['lastExit'] = null;
  #restartTimer: NodeJS.Timeout | undefined;
  #nextBatch = 1;
  /** The process has started its engine and loaded its first models. */
  #ready = false;
  #stopping = false;
  readonly #whenStopped: (() => void)[] = [];

  constructor(
    private readonly index: number,
    /** Called before each start of a process, because the models to start with change. */
    private readonly options: () => ProcessOptions,
    private readonly limits: SlotLimits,
    private readonly events: SlotEvents,
  ) {}

  get isReady(): boolean {
    return this.#state === 'idle' || this.#state === 'busy';
  }

  get batches(): number {
    return this.#batches.size;
  }

  get imagesInFlight(): number {
    return this.#process?.imagesInFlight ?? 0;
  }

  /** Whether it starts or loads, within a deadline of its own, so that its images wait. */
  get isPreparing(): boolean {
    return this.#state === 'starting' || this.#state === 'loading' || this.#state === 'restarting';
  }

  /** Images assigned to the process and not answered. */
  get pending(): readonly QueuedImage[] {
    return [...this.#batches.values()].flatMap(({ pending }) => [...pending.values()]);
  }

  /** Whether it holds a batch that must be alone. */
  get isExclusive(): boolean {
    return [...this.#batches.values()].some(({ batch }) => batch.isolated);
  }

  status(): EngineStatus {
    return {
      index: this.index,
      pid: this.#process?.pid ?? null,
      state: this.#state,
      since: this.#since,
      batchesDone: this.#batchesDone,
      imagesDone: this.#imagesDone,
      restarts: this.#restarts,
      recycles: this.#recycles,
      health: this.#health,
      batchesInFlight: this.#batches.size,
      lastExit: this.#lastExit,
    };
  }

  start(): void {
    this.#ready = false;
    this.#setState('starting');
    this.#process = new EngineProcess(this.options(), {
      onReady: (engine) => {
        this.#ready = true;
        this.#updateState();
        this.events.onReady(engine);
      },
      onLoading: () => {
        this.#updateState();
        this.events.onChanged();
      },
      onLoaded: (model, problem) => {
        this.#updateState();
        this.events.onLoaded(model, problem);
        this.events.onChanged();
      },
      onStarted: (batch, id) => this.#batches.get(batch)?.started.add(id),
      onAnswer: (batch, outcome, health) => {
        this.#health = health;
        this.#recordAnswer(batch, outcome);
      },
      onExited: (exit) => this.#onExited(exit),
    });
  }

  assign(batch: Batch): void {
    const number = this.#nextBatch++;
    this.#batches.set(number, {
      batch,
      pending: new Map(batch.items.map((item) => [item.wireId, item])),
      started: new Set(),
    });
    this.#process!.assign(
      number,
      batch.model,
      batch.items.map(({ wireId, image }) => ({ ...image, id: wireId })),
    );
    this.#updateState();
  }

  /** Loads the model in the current process, if there is one; later ones load it at their start. */
  load(model: ModelRef): void {
    if (this.#ready) this.#process?.load(model);
  }

  /** Lets the process finish its work in flight, and does not restart it any more. */
  drain(): void {
    this.#stopping = true;
    clearTimeout(this.#restartTimer);
    if (this.#process === null) this.#setState('stopped');
  }

  /** Resolves when the process has exited, or could not be killed in time. */
  stop(graceMs: number): Promise<void> {
    this.drain();
    if (this.#process === null) return Promise.resolve();
    return new Promise((resolve) => {
      this.#whenStopped.push(resolve);
      this.#process!.stop(graceMs);
    });
  }

  #recordAnswer(number: number, outcome: ImageOutcome): void {
    const inFlight = this.#batches.get(number);
    const item = inFlight?.pending.get(outcome.id);
    if (inFlight === undefined || item === undefined) return;
    inFlight.pending.delete(outcome.id);
    this.#imagesDone += 1;
    const finished = inFlight.pending.size === 0;
    if (finished) {
      this.#batches.delete(number);
      this.#batchesDone += 1;
      this.#consecutiveExits = 0;
      this.#becomeIdleOrRecycle();
    }
    this.events.onAnswer(item, { ...outcome, id: item.image.id }, inFlight.batch.model);
    if (finished) this.events.onChanged();
  }

  /**
   * A process that has grown too large gets no more work, and is replaced once it is idle, so that no image is lost.
   */
  #becomeIdleOrRecycle(): void {
    if (this.#health.rssBytes > this.limits.maxRssBytes && !this.#stopping) this.#setState('recycling');
    if (this.#batches.size > 0) return;
    if (this.#state === 'recycling') this.#process?.stop(RECYCLE_GRACE_MS);
    else this.#updateState();
  }

  /** Sets the state of a process that starts or is ready. */
  #updateState(): void {
    if (this.#state === 'recycling') return;
    if (this.#process?.isLoading === true) this.#setState('loading');
    else if (!this.#ready) this.#setState('starting');
    else this.#setState(this.#batches.size === 0 ? 'idle' : 'busy');
  }

  #onExited(exit: EngineExit): void {
    const inFlight = [...this.#batches.values()];
    this.#batches.clear();
    this.#process = null;
    this.#ready = false;
    this.#lastExit =
      exit.kind === 'stopped' ? this.#lastExit : { at: new Date(), kind: exit.kind, message: exit.message };
    const recycled = this.#state === 'recycling' && exit.kind === 'stopped';
    const restartInMs = recycled ? 0 : Math.round(backoffMs(this.#consecutiveExits, this.limits.restart));
    if (this.#stopping) this.#setState('stopped');
    else if (recycled) this.#recycle();
    else this.#restartIn(restartInMs);
    this.events.onExited(exit, inFlight, restartInMs);
    for (const resolve of this.#whenStopped.splice(0)) resolve();
  }

  #recycle(): void {
    this.#recycles += 1;
    this.start();
  }

  #restartIn(ms: number): void {
    this.#setState('restarting');
    this.#consecutiveExits += 1;
    this.#restartTimer = setTimeout(() => {
      this.#restarts += 1;
      this.start();
    }, ms);
  }

  #setState(state: EngineState): void {
    if (this.#state === state) return;
    this.#state = state;
    this.#since = new Date();
  }
}
