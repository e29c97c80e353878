import { spawn, type ChildProcess } from 'node:child_process';
import { appendFileSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { nodeFlags, probe } from '@pugmark/launcher';
import { killProcess, CommandError, LineSplitter, stopProcess, waitUntil } from '@pugmark/toolkit';
import { parseMetrics, type MetricSample } from './metrics-text';

export interface RigProcessSpec {
  readonly name: string;
  /** The service that the script runs; several processes may run the same one. */
  readonly service: string;
  readonly script: string;
  readonly env: NodeJS.ProcessEnv;
  readonly healthPort: number;
  readonly logFile: string;
}

export interface LogLine {
  /** `performance.now()` of this process. */
  readonly at: number;
  readonly text: string;
}

/** A service process without a supervisor, which a test or a bench starts, disturbs and observes. */
export class RigProcess {
  readonly #spec: RigProcessSpec;
  #child: ChildProcess | null = null;
  readonly lines: LogLine[] = [];

  constructor(spec: RigProcessSpec) {
    this.#spec = spec;
  }

  get name(): string {
    return this.#spec.name;
  }

  /** Null while it does not run. */
  get pid(): number | null {
    return this.#child?.pid ?? null;
  }

  get running(): boolean {
    return this.#child !== null;
  }

  /** Starts the process; `extra` is added to the environment of this start only. */
  start(extra: NodeJS.ProcessEnv = {}): void {
    if (this.#child !== null) throw new Error(`${this.name} is already running`);
    mkdirSync(dirname(this.#spec.logFile), { recursive: true });
    const child = spawn(process.execPath, [...nodeFlags(this.#spec.service), this.#spec.script], {
      env: { ...this.#spec.env, ...extra },
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.#child = child;
    child.stdin.on('error', () => undefined);
    child.once('error', () => (this.#child = null)).once('exit', () => (this.#child = null));
    for (const stream of [child.stdout, child.stderr]) {
      const splitter = new LineSplitter((text) => {
        this.lines.push({ at: performance.now(), text });
        appendFileSync(this.#spec.logFile, `${text}\n`);
      });
      stream
        .setEncoding('utf8')
        .on('data', (text: string) => splitter.push(text))
        .on('end', () => splitter.end());
    }
  }

  /** Waits until the service reports that it is ready. */
  async ready(signal: AbortSignal, deadlineMs = 60_000): Promise<void> {
    await waitUntil(
      async () => {
        if (this.#child === null) throw new CommandError(`${this.name} exited; its log: ${this.#spec.logFile}`);
        const problem = await this.problem();
        if (problem !== null) throw new Error(problem);
        return true;
      },
      { what: `${this.name} to become ready`, deadlineMs, signal },
    );
  }

  /** Resolves with why it is not ready, or null when it is. */
  problem(): Promise<string | null> {
    return probe(`http://127.0.0.1:${this.#spec.healthPort}/readyz`, 3_000);
  }

  /** Reads the metrics page; empty while the service does not answer. */
  async metrics(): Promise<readonly MetricSample[]> {
    try {
      const response = await fetch(`http://127.0.0.1:${this.#spec.healthPort}/metrics`, {
        signal: AbortSignal.timeout(2_000),
      });
      return parseMetrics(await response.text());
    } catch {
      // The process was killed or stopped, as some tests intend.
      return [];
    }
  }

  signal(name: NodeJS.Signals): void {
    if (this.#child?.pid !== undefined) process.kill(this.#child.pid, name);
  }

  /** Sends SIGKILL and waits for the exit. */
  async kill(): Promise<void> {
    const child = this.#child;
    if (child?.pid === undefined) return;
    killProcess(child.pid);
    await this.#exited();
  }

  /** Sends SIGTERM, as a deploy does, and waits for the exit. */
  async stop(): Promise<void> {
    const pid = this.#child?.pid;
    if (pid === undefined) return;
    await stopProcess(pid, { signal: 'SIGTERM', deadlineMs: 20_000 });
    await this.#exited();
  }

  async #exited(): Promise<void> {
    await waitUntil(() => this.#child === null, { what: `${this.name} to exit`, deadlineMs: 10_000 });
  }
}
