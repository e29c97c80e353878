import { spawn, type ChildProcess } from 'node:child_process';
import { chmodSync, closeSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { messageOf } from '@pugmark/domain';
import { backoffMs, type BackoffLimits } from '@pugmark/platform';
import {
  belongsTo,
  killProcess,
  CommandError,
  type Log,
  processFacts,
  type StopOptions,
  stopProcess,
  waitUntil,
} from '@pugmark/toolkit';

export interface ServerSpec {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** Everything that the server stores; a later launcher recognises the process by it, too. */
  readonly folder: string;
  /** The complete environment: a PGDATA or RABBITMQ_… of the user's shell must not reach a private server. */
  readonly env: Readonly<Record<string, string>>;
  readonly user?: { readonly uid: number; readonly gid: number } | undefined;
  readonly logFile: string;
  readonly pidFile: string;
  readonly stop: StopOptions;
  readonly log: Log;
}

export interface ReadyOptions {
  readonly check: () => Promise<boolean>;
  readonly deadlineMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** Wait before a server that ended is started again. */
const RESTART_BACKOFF: BackoffLimits = { firstMs: 500, maxMs: 30_000 };

/**
 * A server that this launcher started, in a process group of its own, so that Ctrl-C reaches only the launcher. Once it
 * was ready, it is started again whenever it ends by itself.
 */
export class ServerProcess {
  readonly #spec: ServerSpec;
  readonly #stopping = new AbortController();
  #child!: ChildProcess;
  /** Why the current process ended, or could not be started; null while it runs. */
  #problem: string | null = null;
  /** How to tell that it is ready; null until it was. */
  #supervised: ReadyOptions | null = null;
  #restarting: Promise<void> | null = null;

  private constructor(spec: ServerSpec) {
    this.#spec = spec;
  }

  static start(spec: ServerSpec): ServerProcess {
    const server = new ServerProcess(spec);
    mkdirSync(dirname(spec.logFile), { recursive: true });
    // Emptied, so that error messages show lines of this start only.
    server.#spawn('w');
    return server;
  }

  async ready(options: ReadyOptions): Promise<void> {
    try {
      await this.#answers(options);
    } catch (error) {
      if (options.signal?.aborted) throw error;
      throw new CommandError(
        `${this.#spec.name} did not start: ${messageOf(error)}. ` +
          `Its log ${this.#spec.logFile}${lastLines(this.#spec.logFile)}`,
      );
    }
    this.#supervised = { ...options, signal: this.#stopping.signal };
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#restarting;
    const { pid } = this.#child;
    if (pid !== undefined) await stopProcess(pid, this.#spec.stop);
    rmSync(this.#spec.pidFile, { force: true });
  }

  /** Kills the server without waiting for it to stop. */
  kill(): void {
    this.#stopping.abort();
    if (this.#child.pid !== undefined) killProcess(this.#child.pid);
  }

  #spawn(logFlags: 'w' | 'a'): void {
    const { command, args, folder, env, user, logFile, pidFile } = this.#spec;
    const log = openSync(logFile, logFlags);
    try {
      const child = spawn(command, args, {
        cwd: folder,
        env,
        detached: true,
        stdio: ['ignore', log, log],
        ...(user ?? {}),
      });
      this.#child = child;
      this.#problem = null;
      child.once('error', (error) => this.#onEnded(messageOf(error)));
      child.once('exit', (code, signal) =>
        this.#onEnded(signal === null ? `it exited with code ${code}` : `it was ended by ${signal}`),
      );
      if (child.pid !== undefined) {
        writeFileSync(pidFile, String(child.pid));
        chmodSync(pidFile, 0o644);
      }
    } finally {
      closeSync(log);
    }
  }

  #onEnded(problem: string): void {
    this.#problem ??= problem;
    if (this.#supervised !== null) this.#restarting ??= this.#restart(this.#supervised);
  }

  /** Starts it again until it is ready, or is to stop. */
  async #restart(options: ReadyOptions): Promise<void> {
    const { name, log, logFile, stop } = this.#spec;
    const { signal } = this.#stopping;
    for (let failures = 0; !signal.aborted; failures += 1) {
      const wait = Math.round(backoffMs(failures, RESTART_BACKOFF));
      log(`${name} ended: ${this.#problem}; starting it again in ${(wait / 1_000).toFixed(1)} s (its log: ${logFile})`);
      await delay(wait, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) break;
      this.#spawn('a');
      try {
        await this.#answers(options);
        log(`${name} runs again`);
        break;
      } catch (error) {
        this.#problem ??= messageOf(error);
        if (this.#child.pid !== undefined) await stopProcess(this.#child.pid, stop);
      }
    }
    this.#restarting = null;
    // It ended between its answer and this line.
    if (!signal.aborted && this.#problem !== null) this.#restarting = this.#restart(options);
  }

  async #answers({ check, deadlineMs, signal }: ReadyOptions): Promise<void> {
    await waitUntil(
      async () => {
        if (this.#problem !== null) throw new CommandError(this.#problem);
        return (await check()) && this.#problem === null;
      },
      { what: 'it to answer', deadlineMs, signal },
    );
  }
}

/** Stops the server that a killed launcher left behind. Resolves with whether there was one. */
export async function stopLeftover(pidFile: string, folder: string, stop: StopOptions): Promise<boolean> {
  const pid = readPid(pidFile);
  if (pid === null) return false;
  const facts = processFacts(pid);
  const isOwn = facts !== null && belongsTo(facts, folder);
  if (isOwn) await stopProcess(pid, stop);
  rmSync(pidFile, { force: true });
  return isOwn;
}

export function readPid(pidFile: string): number | null {
  try {
    const pid = Number(readFileSync(pidFile, 'utf8').trim());
    return Number.isInteger(pid) && pid > 1 ? pid : null;
  } catch {
    // No file, so nothing was left behind.
    return null;
  }
}

/** Ends a sentence about a log file: ' ends with:' and its last lines, or that it is empty. */
export function lastLines(file: string, count = 8): string {
  try {
    const lines = readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => line.trim() !== '');
    return lines.length === 0
      ? ' is empty.'
      : ` ends with:\n${lines
          .slice(-count)
          .map((line) => `  ${line}`)
          .join('\n')}`;
  } catch {
    return ' cannot be read.';
  }
}
