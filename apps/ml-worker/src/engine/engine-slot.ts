import type { EngineInfo } from '@pugmark/inference';
import type { Batch, BatchInHand, Item } from './crash-attribution';
import { EngineProcess, type Death, type ProcessOptions } from './engine-process';
import type { EngineHealth, FromEngine, ImageOutcome, ModelRef } from './engine-protocol';

/** `recycling`: it has grown too large, finishes what it holds and is replaced. */
export type EngineState = 'starting' | 'idle' | 'busy' | 'recycling' | 'restarting' | 'stopped';

export interface EngineStatus {
  readonly index: number;
  /** Null while there is no process. */
  readonly pid: number | null;
  readonly state: EngineState;
  /** When this state began. */
  readonly since: Date;
  /** In the slot's life, over all its processes. */
  readonly batchesDone: number;
  readonly imagesDone: number;
  readonly restarts: number;
  /** Restarts because it had grown too large; not counted in `restarts`. */
  readonly recycles: number;
  /** Of the process when it last answered; zeros before. */
  readonly health: EngineHealth;
  /** Batches in the process now. */
  readonly batchesInHand: number;
  /** How the last process that died did so. */
  readonly lastDeath: { readonly at: Date; readonly kind: Death['kind']; readonly message: string } | null;
}

export interface SlotEvents {
  onReady(engine: EngineInfo): void;
  onLoaded(model: string, problem: Extract<FromEngine, { type: 'loaded' }>['problem']): void;
  onAnswer(item: Item, outcome: ImageOutcome): void;
  /** A batch is done; there is room for another. */
  onRoom(): void;
  /** The process is gone, with these batches, the oldest first. The slot starts another one by itself. */
  onGone(death: Death, inHand: readonly BatchInHand[], restartInMs: number): void;
}

export interface SlotLimits {
  readonly restart: RestartPolicy;
  /** Memory from which on a process is replaced as soon as it holds nothing. */
  readonly mostRssBytes: number;
}

export interface RestartPolicy {
  /** Wait before the first restart, in milliseconds, doubled for each further one without a finished batch in between. */
  readonly baseMs: number;
  readonly maxMs: number;
}

/** How long a process that is to be replaced may take to end. */
const RECYCLE_GRACE_MS = 2_000;

/** A place for one engine process at a time: keeps one alive, and knows what it holds. */
export class EngineSlot {
  readonly #batches = new Map<number, BatchInHand>();
  #process: EngineProcess | null = null;
  #state: EngineState = 'stopped';
  #since = new Date();
  #batchesDone = 0;
  #imagesDone = 0;
  #restarts = 0;
  #recycles = 0;
  #health: EngineHealth = { rssBytes: 0, tensors: 0 };
  #deathsInARow = 0;
  #lastDeath: EngineStatus['lastDeath'] = null;
  #restartTimer: NodeJS.Timeout | undefined;
  #nextBatch = 1;
  #stopping = false;
  readonly #whenStopped: (() => void)[] = [];

  constructor(
    private readonly index: number,
    /** Asked before each start of a process: the models that it is to begin with change. */
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

  get pictures(): number {
    return this.#process?.pictures ?? 0;
  }

  /** Holds a batch that must be alone. */
  get isExclusive(): boolean {
    return [...this.#batches.values()].some(({ batch }) => batch.suspect);
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
      batchesInHand: this.#batches.size,
      lastDeath: this.#lastDeath,
    };
  }

  start(): void {
    this.#enter('starting');
    this.#process = new EngineProcess(this.options(), {
      onReady: (engine) => {
        this.#enter('idle');
        this.events.onReady(engine);
      },
      onLoaded: (model, problem) => this.events.onLoaded(model, problem),
      onStarted: (batch, id) => this.#batches.get(batch)?.started.add(id),
      onAnswer: (batch, outcome, health) => {
        this.#health = health;
        this.#answered(batch, outcome);
      },
      onGone: (death) => this.#gone(death),
    });
  }

  give(batch: Batch): void {
    const number = this.#nextBatch++;
    this.#batches.set(number, {
      batch,
      unanswered: new Map(batch.items.map((item) => [item.wireId, item])),
      started: new Set(),
    });
    this.#enter('busy');
    this.#process!.give(
      number,
      batch.model,
      batch.items.map(({ wireId, image }) => ({ ...image, id: wireId })),
    );
  }

  /** Has the process load the model, if there is one; a later one is told by its start. */
  load(model: ModelRef): void {
    if (this.isReady || this.#state === 'recycling') this.#process?.load(model);
  }

  /** What it holds may be finished; a process that dies from now on is not replaced. */
  drain(): void {
    this.#stopping = true;
    clearTimeout(this.#restartTimer);
    if (this.#process === null) this.#enter('stopped');
  }

  /** Resolves when there is no process any more: at the latest when the system has had its time to kill it. */
  stop(graceMs: number): Promise<void> {
    this.drain();
    if (this.#process === null) return Promise.resolve();
    return new Promise((resolve) => {
      this.#whenStopped.push(resolve);
      this.#process!.stop(graceMs);
    });
  }

  #answered(number: number, outcome: ImageOutcome): void {
    const inHand = this.#batches.get(number);
    const item = inHand?.unanswered.get(outcome.id);
    if (inHand === undefined || item === undefined) return;
    inHand.unanswered.delete(outcome.id);
    this.#imagesDone += 1;
    const finished = inHand.unanswered.size === 0;
    if (finished) {
      this.#batches.delete(number);
      this.#batchesDone += 1;
      this.#deathsInARow = 0;
      this.#restOrRecycle();
    }
    this.events.onAnswer(item, { ...outcome, id: item.image.id });
    if (finished) this.events.onRoom();
  }

  /** A process that has grown too large takes nothing more, and is replaced once it holds nothing: no picture is lost to that. */
  #restOrRecycle(): void {
    if (this.#health.rssBytes > this.limits.mostRssBytes && !this.#stopping) this.#enter('recycling');
    if (this.#batches.size > 0) return;
    if (this.#state === 'recycling') this.#process?.stop(RECYCLE_GRACE_MS);
    else this.#enter('idle');
  }

  #gone(death: Death): void {
    const inHand = [...this.#batches.values()];
    this.#batches.clear();
    this.#process = null;
    this.#lastDeath =
      death.kind === 'stopped' ? this.#lastDeath : { at: new Date(), kind: death.kind, message: death.message };
    const recycled = this.#state === 'recycling' && death.kind === 'stopped';
    const restartInMs = recycled ? 0 : this.#backoffMs();
    if (this.#stopping) this.#enter('stopped');
    else if (recycled) this.#recycle();
    else this.#restartIn(restartInMs);
    this.events.onGone(death, inHand, restartInMs);
    for (const resolve of this.#whenStopped.splice(0)) resolve();
  }

  #recycle(): void {
    this.#recycles += 1;
    this.start();
  }

  #restartIn(ms: number): void {
    this.#enter('restarting');
    this.#deathsInARow += 1;
    this.#restartTimer = setTimeout(() => {
      this.#restarts += 1;
      this.start();
    }, ms);
  }

  /** Between half and the whole of the step: processes that died together do not come back together. */
  #backoffMs(): number {
    const step = Math.min(
      this.limits.restart.maxMs,
      this.limits.restart.baseMs * 2 ** Math.min(this.#deathsInARow, 30),
    );
    return Math.round(step * (0.5 + Math.random() / 2));
  }

  #enter(state: EngineState): void {
    if (this.#state === state) return;
    this.#state = state;
    this.#since = new Date();
  }
}
