import { fork, type ChildProcess, type SerializationType } from 'node:child_process';

export interface ForkedChildOptions {
  /** The script that the child process runs. */
  readonly childPath: string;
  /** The whole environment of the child process: it inherits neither secrets nor a debugger port. */
  readonly env: Readonly<Record<string, string>>;
  /** Encoding of messages: `advanced` also passes buffers. */
  readonly serialization: SerializationType;
  /** Records standard output and error for `ChildExit.lastOutput`; otherwise they go to those of this process. */
  readonly captureOutput: boolean;
}

/** Why a child process exited. */
export interface ChildExit {
  /**
   * - `not_started`: the operating system could not start it.
   * - `exited`: it exited by itself, or crashed.
   * - `terminated`: SIGKILL from elsewhere, usually from the kernel because memory ran out.
   * - `disconnected`: it closed its channel, did not exit and was killed.
   * - `killed`: `kill` was called.
   * - `stopped`: `stop` was called.
   */
  readonly kind: 'not_started' | 'exited' | 'terminated' | 'disconnected' | 'killed' | 'stopped';
  /** Description with the exit code, the signal or the reason given to `kill`. */
  readonly message: string;
  /** End of its standard output and error; empty unless captured. */
  readonly lastOutput: string;
}

export interface ForkedChildEvents<Incoming> {
  onMessage(message: Incoming): void;
  /** Called exactly once, as the last event, and never before the constructor has returned. */
  onExited(exit: ChildExit): void;
}

type ExitReason = Pick<ChildExit, 'kind' | 'message'>;

const DISCONNECTED: ExitReason = { kind: 'disconnected', message: 'closed its channel and did not exit' };

/** Maximum time to exit after SIGKILL. A process that waits for a failed disk cannot be killed. */
const KILL_GRACE_MS = 5_000;
/** Maximum time to receive the remaining messages of a process that has exited. */
const FLUSH_GRACE_MS = 1_000;
/** Maximum time to exit after the process closed its channel. */
const DISCONNECT_GRACE_MS = 1_000;
const MAX_OUTPUT_LENGTH = 2_000;

/** Supervises one forked Node process from start to exit, and exchanges messages with it. */
export class ForkedChild<Outgoing extends object, Incoming> {
  readonly #events: ForkedChildEvents<Incoming>;
  /** Null if the process could not be started. */
  readonly #child: ChildProcess | null;
  #lastOutput = '';
  /** The first reason is reported: later ones are its consequences. */
  #exitReason: ExitReason | null = null;
  #reported = false;
  #graceTimer: NodeJS.Timeout | undefined;

  constructor(options: ForkedChildOptions, events: ForkedChildEvents<Incoming>) {
    this.#events = events;
    this.#child = this.#start(options);
  }

  /** Null if the process could not be started. */
  get pid(): number | null {
    return this.#child?.pid ?? null;
  }

  /** Whether the process can receive messages: it runs, was neither killed nor stopped, and its channel is open. */
  get isAvailable(): boolean {
    return this.#exitReason === null && this.#child !== null && this.#child.connected && !hasExited(this.#child);
  }

  /** Sends a message; drops it if the process has exited or is about to, which `onExited` reports. */
  send(message: Outgoing): void {
    if (this.#child?.connected) this.#child.send(message, () => undefined);
  }

  /** Kills the process. `onExited` reports the reason, and does so even if the process does not exit. */
  kill(reason: string): void {
    this.#kill(this.#child?.connected ? { kind: 'killed', message: reason } : DISCONNECTED);
  }

  /** Closes the channel, which makes the process exit, and kills it after `graceMs` milliseconds if it does not. */
  stop(graceMs: number): void {
    if (this.#reported || this.#child === null) return;
    const reason = (this.#exitReason ??= { kind: 'stopped', message: 'was stopped' });
    if (this.#child.connected) this.#child.disconnect();
    this.#setGraceTimer(graceMs, () => this.#kill(reason));
  }

  #start({ childPath, env, serialization, captureOutput }: ForkedChildOptions): ChildProcess | null {
    const output = captureOutput ? 'pipe' : 'inherit';
    let child: ChildProcess;
    try {
      child = fork(childPath, [], {
        env: { ...env },
        execArgv: [],
        stdio: ['ignore', output, output, 'ipc'],
        serialization,
      });
    } catch (error) {
      setImmediate(() => this.#reportFailedStart(error as Error));
      return null;
    }
    child.stdout?.on('data', (data: Buffer) => this.#recordOutput(data));
    child.stderr?.on('data', (data: Buffer) => this.#recordOutput(data));
    child.on('message', (message) => {
      if (!this.#reported) this.#events.onMessage(message as Incoming);
    });
    child.on('error', (error) => {
      // With a process id, only a signal or a message failed.
      if (child.pid === undefined) this.#reportFailedStart(error);
    });
    child.on('disconnect', () => this.#onDisconnect(child));
    child.on('exit', (code, signal) => this.#onExit(child, code, signal));
    return child;
  }

  #kill(reason: ExitReason): void {
    if (this.#reported || this.#child === null || hasExited(this.#child)) return;
    const { kind, message } = (this.#exitReason ??= reason);
    this.#child.kill('SIGKILL');
    this.#setGraceTimer(KILL_GRACE_MS, () =>
      this.#report({ kind, message: `${message}; it does not exit after SIGKILL (process ${this.pid})` }),
    );
  }

  /** Usually the process has exited, and the exit event follows; otherwise it is useless without its channel. */
  #onDisconnect(child: ChildProcess): void {
    if (this.#reported || this.#exitReason !== null || hasExited(child)) return;
    this.#setGraceTimer(DISCONNECT_GRACE_MS, () => this.#kill(DISCONNECTED));
  }

  #onExit(child: ChildProcess, code: number | null, signal: NodeJS.Signals | null): void {
    const reason = (this.#exitReason ??= {
      kind: signal === 'SIGKILL' ? 'terminated' : 'exited',
      message: signal === null ? `exited with code ${code}` : `was ended by signal ${signal}`,
    });
    // The channel may still hold messages.
    if (!child.connected) return this.#report(reason);
    child.once('disconnect', () => this.#report(reason));
    this.#setGraceTimer(FLUSH_GRACE_MS, () => this.#report(reason));
  }

  #reportFailedStart(error: Error): void {
    this.#report({ kind: 'not_started', message: `could not be started: ${error.message}` });
  }

  #report(reason: ExitReason): void {
    if (this.#reported) return;
    this.#reported = true;
    clearTimeout(this.#graceTimer);
    // A process that cannot be killed must not keep this one running.
    this.#child?.unref();
    this.#child?.stdout?.destroy();
    this.#child?.stderr?.destroy();
    if (this.#child?.connected) this.#child.disconnect();
    this.#events.onExited({ ...reason, lastOutput: this.#lastOutput.trim() });
  }

  #recordOutput(data: Buffer): void {
    this.#lastOutput = (this.#lastOutput + data.toString('utf8')).slice(-MAX_OUTPUT_LENGTH);
  }

  #setGraceTimer(ms: number, onExpired: () => void): void {
    clearTimeout(this.#graceTimer);
    this.#graceTimer = setTimeout(onExpired, ms);
  }
}

function hasExited(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}
