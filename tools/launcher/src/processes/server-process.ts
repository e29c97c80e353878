import { spawn, type ChildProcess } from 'node:child_process';
import { chmodSync, closeSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { messageOf } from '@pugmark/domain';
import {
  belongsTo,
  killProcess,
  CommandError,
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
}

export interface ReadyOptions {
  readonly check: () => Promise<boolean>;
  readonly deadlineMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** A server that this launcher started, in a process group of its own, so that Ctrl-C reaches only the launcher. */
export class ServerProcess {
  readonly #child: ChildProcess;
  #problem: string | null = null;

  private constructor(
    private readonly spec: ServerSpec,
    child: ChildProcess,
  ) {
    this.#child = child;
    child.once('error', (error) => (this.#problem = messageOf(error)));
    child.once(
      'exit',
      (code, signal) =>
        (this.#problem ??= signal === null ? `it exited with code ${code}` : `it was ended by ${signal}`),
    );
  }

  static start(spec: ServerSpec): ServerProcess {
    mkdirSync(dirname(spec.logFile), { recursive: true });
    // Emptied at each start, so that error messages show lines of this start only.
    const log = openSync(spec.logFile, 'w');
    try {
      const child = spawn(spec.command, spec.args, {
        cwd: spec.folder,
        env: spec.env,
        detached: true,
        stdio: ['ignore', log, log],
        ...(spec.user ?? {}),
      });
      const server = new ServerProcess(spec, child);
      if (child.pid !== undefined) {
        writeFileSync(spec.pidFile, String(child.pid));
        chmodSync(spec.pidFile, 0o644);
      }
      return server;
    } finally {
      closeSync(log);
    }
  }

  async ready(options: ReadyOptions): Promise<void> {
    try {
      await waitUntil(
        async () => {
          if (this.#problem !== null) throw new CommandError(this.#problem);
          return (await options.check()) && this.#problem === null;
        },
        { what: 'it to answer', deadlineMs: options.deadlineMs, signal: options.signal },
      );
    } catch (error) {
      if (options.signal?.aborted) throw error;
      throw new CommandError(
        `${this.spec.name} did not start: ${messageOf(error)}. ` +
          `Its log ${this.spec.logFile}${lastLines(this.spec.logFile)}`,
      );
    }
  }

  async stop(): Promise<void> {
    const { pid } = this.#child;
    if (pid !== undefined) await stopProcess(pid, this.spec.stop);
    rmSync(this.spec.pidFile, { force: true });
  }

  /** Kills the server without waiting for it to stop. */
  kill(): void {
    if (this.#child.pid !== undefined) killProcess(this.#child.pid);
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
