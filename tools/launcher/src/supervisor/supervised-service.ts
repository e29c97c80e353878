import { spawn, type ChildProcess } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { messageOf } from '@pugmark/domain';
import { backoffMs } from '@pugmark/platform';
import { isRunning, killProcess, LineSplitter, type Log, stopProcess } from '@pugmark/toolkit';
import { nodeFlags } from './node-flags';
import { probe } from './probe';
import { RotatingFile } from './rotating-file';

export interface ServiceSpec {
  readonly name: string;
  /** The script that Node runs. */
  readonly script: string;
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly healthPort: number;
  readonly logFile: string;
}

/** Milliseconds, except `probeFailures`. */
export interface SupervisionTimes {
  readonly probeEvery: number;
  readonly probeDeadline: number;
  /** Consecutive failed probes, once the service has answered, after which it is restarted. */
  readonly probeFailures: number;
  /** Time until the first answer, during which a service may load a model or wait for a migration. */
  readonly startAllowance: number;
  /** From SIGTERM to SIGKILL. */
  readonly grace: number;
  /** After this time in good health, earlier failures are forgotten. */
  readonly healthyAfter: number;
  readonly restartDelay: (failures: number) => number;
}

export const DEFAULT_TIMES: SupervisionTimes = {
  probeEvery: 2_000,
  probeDeadline: 3_000,
  probeFailures: 3,
  startAllowance: 180_000,
  grace: 20_000,
  healthyAfter: 60_000,
  restartDelay: (failures) => backoffMs(Math.max(0, failures - 1), { firstMs: 500, maxMs: 30_000 }),
};

/** Time to read the last lines of a service that has exited. */
const OUTPUT_DEADLINE_MS = 2_000;

export interface ServiceStatus {
  readonly name: string;
  /** null while it waits for its restart. */
  readonly pid: number | null;
  readonly restarts: number;
  readonly healthy: boolean;
  /** Failures since it was last healthy for a while. */
  readonly failuresInARow: number;
  readonly lastProblem: string | null;
  readonly logFile: string;
}

/** Keeps one service running until it is stopped. */
export class SupervisedService {
  readonly #stopping = new AbortController();
  readonly #log: RotatingFile;
  /** Aborted to replace the running process. */
  #restart = new AbortController();
  #child: ChildProcess | null = null;
  #loop: Promise<void> | null = null;
  #status: Omit<ServiceStatus, 'name' | 'pid' | 'logFile'> = {
    restarts: 0,
    healthy: false,
    failuresInARow: 0,
    lastProblem: null,
  };

  constructor(
    private readonly spec: ServiceSpec,
    private readonly times: SupervisionTimes,
    private readonly log: Log,
    /** Called with each line that the service prints, which is also logged to its file. */
    private readonly onLine: (service: string, line: string) => void,
  ) {
    this.#log = new RotatingFile(spec.logFile);
  }

  start(): void {
    this.#loop ??= this.#keepRunning();
  }

  status(): ServiceStatus {
    return { name: this.spec.name, pid: this.#child?.pid ?? null, logFile: this.spec.logFile, ...this.#status };
  }

  /** Ends the process with SIGTERM, so that it drains, and starts it again at once. Does nothing between two starts. */
  restart(): void {
    this.#restart.abort();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#loop;
    this.#log.close();
  }

  kill(): void {
    this.#stopping.abort();
    if (this.#child?.pid !== undefined) killProcess(this.#child.pid);
  }

  async #keepRunning(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      this.#restart = new AbortController();
      const problem = await this.#runOnce();
      if (signal.aborted) return;
      if (this.#restart.signal.aborted) {
        this.#status = { ...this.#status, restarts: this.#status.restarts + 1, healthy: false };
        continue;
      }
      const failures = this.#status.failuresInARow + 1;
      const wait = this.times.restartDelay(failures);
      this.#status = {
        restarts: this.#status.restarts + 1,
        healthy: false,
        failuresInARow: failures,
        lastProblem: problem,
      };
      this.log(`${this.spec.name}: ${problem}; starting it again in ${(wait / 1000).toFixed(1)} s`);
      await delay(wait, undefined, { signal }).catch(() => undefined);
    }
  }

  /** Runs the process from start to exit. Resolves with how it exited. */
  async #runOnce(): Promise<string> {
    const { name, script, cwd, env } = this.spec;
    // The service notices that the launcher was killed by its standard input, which then closes. It has a process group
    // of its own, so that Ctrl-C reaches only the launcher.
    const child = spawn(process.execPath, [...nodeFlags(name), script], {
      cwd,
      env,
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.#child = child;
    child.stdin.on('error', () => undefined);
    this.#keepOutput(child);
    const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
    const over = new AbortController();
    const ended = new Promise<string>((resolve) => {
      child.once('error', (error) => resolve(`could not be started: ${messageOf(error)}`));
      child.once('exit', (code, killedBy) =>
        resolve(killedBy === null ? `exited with code ${code}` : `was ended by ${killedBy}`),
      );
    }).finally(() => over.abort());

    const watch = this.#watch(AbortSignal.any([over.signal, this.#stopping.signal, this.#restart.signal]));
    const reason = await Promise.race([ended, watch]);
    if (child.pid !== undefined && isRunning(child.pid))
      await stopProcess(child.pid, { signal: 'SIGTERM', deadlineMs: this.times.grace });
    const how = await ended;
    // Its child processes (engines) must not outlive it; such a child also holds the pipes open.
    if (child.pid !== undefined) killProcess(child.pid);
    await Promise.race([closed, delay(OUTPUT_DEADLINE_MS)]);
    this.#child = null;
    return reason ?? how;
  }

  /** Resolves with the problem when the service must be restarted, or with undefined once `signal` is aborted. */
  async #watch(signal: AbortSignal): Promise<string | undefined> {
    const began = performance.now();
    let healthySince: number | null = null;
    let answered = false;
    let failures = 0;
    for (;;) {
      await delay(this.times.probeEvery, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return undefined;
      const problem = await probe(`http://127.0.0.1:${this.spec.healthPort}/livez`, this.times.probeDeadline);
      if (signal.aborted) return undefined;
      const now = performance.now();
      failures = problem === null ? 0 : failures + 1;
      answered ||= problem === null;
      healthySince = problem === null ? (healthySince ?? now) : null;
      const settled = healthySince !== null && now - healthySince >= this.times.healthyAfter;
      this.#status = { ...this.#status, healthy: problem === null, ...(settled ? { failuresInARow: 0 } : {}) };
      if (answered && failures >= this.times.probeFailures)
        return `failed its liveness check ${failures} times (${problem})`;
      if (!answered && now - began > this.times.startAllowance)
        return `did not answer within ${this.times.startAllowance / 1000} s of its start (${problem})`;
    }
  }

  #keepOutput(child: ChildProcess): void {
    for (const stream of [child.stdout, child.stderr]) {
      const lines = new LineSplitter((line) => {
        this.#log.write(`${line}\n`);
        this.onLine(this.spec.name, line);
      });
      stream?.setEncoding('utf8');
      stream?.on('data', (text: string) => lines.push(text)).on('end', () => lines.end());
    }
  }
}
