import { fork, type ChildProcess } from 'node:child_process';
import type { EngineInfo } from '@pugmark/inference';
import type { EngineHealth, FromEngine, ImageOutcome, ModelRef, PoolImage, ToEngine } from './engine-protocol';

/** Why a process is no more. */
export interface Death {
  /** `failed`: it said itself that it cannot work; `stopped`: it was told to end. */
  readonly kind: 'crashed' | 'hung' | 'failed' | 'stopped';
  readonly code: string;
  /** What happened, with signal or exit code. */
  readonly message: string;
  /** The last that it wrote to its standard output and error. */
  readonly lastWords: string;
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
  /** Exactly once, the last event. */
  onGone(death: Death): void;
}

/** How long a process that was sent SIGKILL may take to end. One that waits for a dead disk cannot even be killed. */
const KILL_GRACE_MS = 5_000;
/** How long the channel of a process that has ended may take to hand out what is still in it. */
const FLUSH_GRACE_MS = 1_000;
/** How long a process whose channel has closed may take to end. */
const EXIT_GRACE_MS = 1_000;
const LAST_WORDS = 2_000;

/** One engine process from fork to end. */
export class EngineProcess {
  readonly #options: ProcessOptions;
  readonly #events: ProcessEvents;
  readonly #child: ChildProcess;
  #lastWords = '';
  #verdict: Pick<Death, 'kind' | 'code' | 'message'> | null = null;
  #gone = false;
  #ready = false;
  #pictures = 0;
  /** Models that the process has been told of. */
  readonly #told = new Set<string>();
  #progressTimer: NodeJS.Timeout | undefined;
  #graceTimer: NodeJS.Timeout | undefined;

  constructor(options: ProcessOptions, events: ProcessEvents) {
    this.#options = options;
    this.#events = events;
    this.#child = fork(options.childPath, [], {
      // Nothing is inherited: neither the service's secrets nor its debugger's port.
      env: { ...options.env },
      execArgv: [],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      serialization: 'json',
    });
    this.#child.stdout?.on('data', (data: Buffer) => this.#remember(data));
    this.#child.stderr?.on('data', (data: Buffer) => this.#remember(data));
    this.#child.on('message', (message: FromEngine) => this.#hear(message));
    this.#child.on('error', (error) => {
      // Without a pid it never ran; otherwise a signal or message did not get through, and its exit tells the rest.
      if (this.#child.pid === undefined)
        this.#end({ kind: 'crashed', code: 'engine_crashed', message: `could not be started: ${error.message}` });
    });
    this.#child.on('disconnect', () => this.#channelClosed());
    this.#child.on('exit', (code, signal) => this.#exited(code, signal));
    this.#setDeadline(options.startDeadlineMs, `was not ready within ${options.startDeadlineMs} ms`);
    for (const model of options.start.models) this.#told.add(model.key);
    this.#send(options.start);
  }

  get pid(): number | null {
    return this.#child.pid ?? null;
  }

  /** Pictures given to it and not answered. */
  get pictures(): number {
    return this.#pictures;
  }

  give(batch: number, model: ModelRef, images: readonly PoolImage[]): void {
    if (this.#pictures === 0) this.#expectAnswer();
    this.#pictures += images.length;
    if (!this.#told.has(model.key)) this.load(model);
    this.#send({ type: 'batch', batch, model: model.key, images });
  }

  load(model: ModelRef): void {
    this.#told.add(model.key);
    this.#send({ type: 'load', model });
  }

  /** Closes the channel, at which the process ends by itself, and kills it after `graceMs` if not. */
  stop(graceMs: number): void {
    if (this.#gone) return;
    this.#verdict ??= { kind: 'stopped', code: 'engine_stopped', message: 'was stopped' };
    this.#clearTimers();
    if (this.#child.connected) this.#child.disconnect();
    this.#graceTimer = setTimeout(() => this.#kill(this.#verdict!), graceMs);
  }

  #hear(message: FromEngine): void {
    if (this.#gone) return;
    switch (message.type) {
      case 'ready':
        clearTimeout(this.#progressTimer);
        this.#ready = true;
        return this.#events.onReady(message.engine);
      case 'loaded':
        return this.#events.onLoaded(message.model, message.problem);
      case 'failed':
        this.#verdict ??= { kind: 'failed', code: message.code, message: message.message };
        return;
      case 'started':
        return this.#events.onStarted(message.batch, message.id);
      case 'answer':
        this.#pictures -= 1;
        clearTimeout(this.#progressTimer);
        if (this.#pictures > 0) this.#expectAnswer();
        return this.#events.onAnswer(message.batch, message.outcome, message.health);
    }
  }

  /** An answer is the only progress that counts: a process can go on to say that it begins pictures while one of them hangs. */
  #expectAnswer(): void {
    this.#setDeadline(this.#options.imageDeadlineMs, `answered nothing for ${this.#options.imageDeadlineMs} ms`);
  }

  #setDeadline(ms: number, what: string): void {
    clearTimeout(this.#progressTimer);
    if (this.#verdict !== null) return;
    this.#progressTimer = setTimeout(
      () => this.#kill({ kind: 'hung', code: 'engine_hung', message: `${what} and was killed` }),
      ms,
    );
  }

  #kill(verdict: Pick<Death, 'kind' | 'code' | 'message'>): void {
    if (this.#gone) return;
    this.#verdict ??= verdict;
    this.#clearTimers();
    this.#child.kill('SIGKILL');
    this.#graceTimer = setTimeout(() => {
      this.#end({
        ...this.#verdict!,
        message: `${this.#verdict!.message}; it does not end even so (process ${this.pid})`,
      });
    }, KILL_GRACE_MS);
  }

  /** Mostly because the process has ended, which it is about to be told; else it is of no more use. */
  #channelClosed(): void {
    if (this.#gone || this.#verdict !== null || this.#child.exitCode !== null || this.#child.signalCode !== null)
      return;
    this.#clearTimers();
    this.#graceTimer = setTimeout(() => {
      this.#kill({ kind: 'crashed', code: 'engine_crashed', message: 'closed its channel and did not end' });
    }, EXIT_GRACE_MS);
  }

  #exited(code: number | null, signal: NodeJS.Signals | null): void {
    const how = signal === null ? `ended with exit code ${code}` : `was ended by signal ${signal}`;
    const death = this.#verdict ?? {
      kind: 'crashed' as const,
      code: 'engine_crashed',
      message: this.#ready ? how : `${how} before it was ready`,
    };
    this.#clearTimers();
    // Answers may still be in the channel.
    if (!this.#child.connected) return this.#end(death);
    this.#child.once('disconnect', () => this.#end(death));
    this.#graceTimer = setTimeout(() => this.#end(death), FLUSH_GRACE_MS);
  }

  #end(death: Pick<Death, 'kind' | 'code' | 'message'>): void {
    if (this.#gone) return;
    this.#gone = true;
    this.#clearTimers();
    // A process that cannot be killed must not keep this one from ending.
    this.#child.unref();
    this.#child.stdout?.destroy();
    this.#child.stderr?.destroy();
    if (this.#child.connected) this.#child.disconnect();
    this.#events.onGone({ ...death, lastWords: this.#lastWords.trim() });
  }

  #send(message: ToEngine): void {
    // An error means that the process is ending; its exit says how, and is waited for.
    if (this.#child.connected) this.#child.send(message, () => undefined);
  }

  #remember(data: Buffer): void {
    this.#lastWords = (this.#lastWords + data.toString('utf8')).slice(-LAST_WORDS);
  }

  #clearTimers(): void {
    clearTimeout(this.#progressTimer);
    clearTimeout(this.#graceTimer);
  }
}
