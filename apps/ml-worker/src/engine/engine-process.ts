import { fork, type ChildProcess } from 'node:child_process';
import type { EngineInfo } from '@pugmark/inference';
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

/** Maximum time that a process may take to exit after SIGKILL. One that waits for a failed disk cannot be killed. */
const KILL_GRACE_MS = 5_000;
/** Maximum time to receive the remaining messages of a process that has exited. */
const FLUSH_GRACE_MS = 1_000;
/** Maximum time that a process may take to exit after its channel closed. */
const EXIT_GRACE_MS = 1_000;
const MAX_OUTPUT_LENGTH = 2_000;

/** One engine process from fork to exit. */
export class EngineProcess {
  readonly #options: ProcessOptions;
  readonly #events: ProcessEvents;
  readonly #child: ChildProcess;
  #lastOutput = '';
  #exitReason: Pick<EngineExit, 'kind' | 'code' | 'message'> | null = null;
  #hasExited = false;
  #ready = false;
  #images = 0;
  /** Keys of models that were sent to the process. */
  readonly #knownModels = new Set<string>();
  #progressTimer: NodeJS.Timeout | undefined;
  #graceTimer: NodeJS.Timeout | undefined;

  constructor(options: ProcessOptions, events: ProcessEvents) {
    this.#options = options;
    this.#events = events;
    this.#child = fork(options.childPath, [], {
      // Nothing is inherited: neither the service's secrets nor its debugger port.
      env: { ...options.env },
      execArgv: [],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      serialization: 'json',
    });
    this.#child.stdout?.on('data', (data: Buffer) => this.#recordOutput(data));
    this.#child.stderr?.on('data', (data: Buffer) => this.#recordOutput(data));
    this.#child.on('message', (message: FromEngine) => this.#receive(message));
    this.#child.on('error', (error) => {
      // Without a pid it never ran; otherwise a signal or message failed, and the exit event follows.
      if (this.#child.pid === undefined)
        this.#finish({ kind: 'crashed', code: 'engine_crashed', message: `could not be started: ${error.message}` });
    });
    this.#child.on('disconnect', () => this.#onDisconnect());
    this.#child.on('exit', (code, signal) => this.#onExit(code, signal));
    this.#setDeadline(options.startDeadlineMs, `was not ready within ${options.startDeadlineMs} ms`);
    for (const model of options.start.models) this.#knownModels.add(model.key);
    this.#send(options.start);
  }

  get pid(): number | null {
    return this.#child.pid ?? null;
  }

  /** Images assigned to it and not answered. */
  get imagesInFlight(): number {
    return this.#images;
  }

  assign(batch: number, model: ModelRef, images: readonly PoolImage[]): void {
    if (this.#images === 0) this.#startAnswerDeadline();
    this.#images += images.length;
    if (!this.#knownModels.has(model.key)) this.load(model);
    this.#send({ type: 'batch', batch, model: model.key, images });
  }

  load(model: ModelRef): void {
    this.#knownModels.add(model.key);
    this.#send({ type: 'load', model });
  }

  /** Closes the channel, which makes the process exit, and kills it after `graceMs` milliseconds if it does not. */
  stop(graceMs: number): void {
    if (this.#hasExited) return;
    this.#exitReason ??= { kind: 'stopped', code: 'engine_stopped', message: 'was stopped' };
    this.#clearTimers();
    if (this.#child.connected) this.#child.disconnect();
    this.#graceTimer = setTimeout(() => this.#kill(this.#exitReason!), graceMs);
  }

  #receive(message: FromEngine): void {
    if (this.#hasExited) return;
    switch (message.type) {
      case 'ready':
        clearTimeout(this.#progressTimer);
        this.#ready = true;
        return this.#events.onReady(message.engine);
      case 'loaded':
        return this.#events.onLoaded(message.model, message.problem);
      case 'failed':
        this.#exitReason ??= { kind: 'failed', code: message.code, message: message.message };
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
    if (this.#exitReason !== null) return;
    this.#progressTimer = setTimeout(
      () => this.#kill({ kind: 'hung', code: 'engine_hung', message: `${problem} and was killed` }),
      ms,
    );
  }

  #kill(reason: Pick<EngineExit, 'kind' | 'code' | 'message'>): void {
    if (this.#hasExited) return;
    this.#exitReason ??= reason;
    this.#clearTimers();
    this.#child.kill('SIGKILL');
    this.#graceTimer = setTimeout(() => {
      this.#finish({
        ...this.#exitReason!,
        message: `${this.#exitReason!.message}; it does not exit after SIGKILL (process ${this.pid})`,
      });
    }, KILL_GRACE_MS);
  }

  /** Usually the process has exited, and the exit event follows; otherwise it is useless without its channel. */
  #onDisconnect(): void {
    if (
      this.#hasExited ||
      this.#exitReason !== null ||
      this.#child.exitCode !== null ||
      this.#child.signalCode !== null
    )
      return;
    this.#clearTimers();
    this.#graceTimer = setTimeout(() => {
      this.#kill({ kind: 'crashed', code: 'engine_crashed', message: 'closed its channel and did not exit' });
    }, EXIT_GRACE_MS);
  }

  #onExit(code: number | null, signal: NodeJS.Signals | null): void {
    const how = signal === null ? `exited with code ${code}` : `was ended by signal ${signal}`;
    const reason = this.#exitReason ?? {
      kind: 'crashed' as const,
      code: 'engine_crashed',
      message: this.#ready ? how : `${how} before it was ready`,
    };
    this.#clearTimers();
    // The channel may still hold answers.
    if (!this.#child.connected) return this.#finish(reason);
    this.#child.once('disconnect', () => this.#finish(reason));
    this.#graceTimer = setTimeout(() => this.#finish(reason), FLUSH_GRACE_MS);
  }

  #finish(reason: Pick<EngineExit, 'kind' | 'code' | 'message'>): void {
    if (this.#hasExited) return;
    this.#hasExited = true;
    this.#clearTimers();
    // A process that cannot be killed must not keep this one running.
    this.#child.unref();
    this.#child.stdout?.destroy();
    this.#child.stderr?.destroy();
    if (this.#child.connected) this.#child.disconnect();
    this.#events.onExited({ ...reason, lastOutput: this.#lastOutput.trim() });
  }

  #send(message: ToEngine): void {
    // An error means that the process is exiting; its exit event is awaited.
    if (this.#child.connected) this.#child.send(message, () => undefined);
  }

  #recordOutput(data: Buffer): void {
    this.#lastOutput = (this.#lastOutput + data.toString('utf8')).slice(-MAX_OUTPUT_LENGTH);
  }

  #clearTimers(): void {
    clearTimeout(this.#progressTimer);
    clearTimeout(this.#graceTimer);
  }
}
