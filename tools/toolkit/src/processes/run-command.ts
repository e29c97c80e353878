import { spawn } from 'node:child_process';
import { CommandError } from '../command-error';
import { killProcess, stopProcess } from './stop-process';

export interface CommandSpec {
  readonly command: string;
  readonly args: readonly string[];
  /** The process is killed when it takes longer. */
  readonly deadlineMs: number;
  readonly cwd?: string;
  /** Default: that of this process, with messages in English. */
  readonly env?: NodeJS.ProcessEnv;
  readonly user?: { readonly uid: number; readonly gid: number } | undefined;
  /** Written to its standard input. */
  readonly input?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A program that ended with another exit code than 0, or was killed. */
export class CommandFailedError extends Error {
  constructor(
    command: string,
    /** `exit code 1`, or the signal that ended it. */
    readonly outcome: string,
    /** The last 4,000 characters of what it printed. */
    readonly output: string,
  ) {
    super(`${command} failed (${outcome}): ${lastLines(output).join(' | ') || 'it printed nothing'}`);
    this.name = 'CommandFailedError';
  }
}

/** Runs a program to its end and resolves with its standard output. Rejects with a CommandFailedError. */
export function runCommand(spec: CommandSpec): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(spec.command, spec.args, {
      stdio: 'pipe',
      env: spec.env ?? { ...process.env, LC_ALL: 'C' },
      timeout: spec.deadlineMs,
      killSignal: 'SIGKILL',
      ...(spec.cwd === undefined ? {} : { cwd: spec.cwd }),
      ...(spec.user ?? {}),
      ...(spec.signal === undefined ? {} : { signal: spec.signal }),
    });
    let standardOutput = '';
    let tail = '';
    const keepTail = (data: Buffer): void => void (tail = (tail + data.toString()).slice(-4_000));
    child.stdout.on('data', keepTail).on('data', (data: Buffer) => (standardOutput += data.toString()));
    child.stderr.on('data', keepTail);
    // A program that exits without reading its input succeeds or fails by its exit code.
    child.stdin.on('error', () => undefined).end(spec.input ?? '');
    child.once('error', reject);
    child.once('close', (code, killedBy) => {
      if (code === 0) return resolve(standardOutput);
      const timedOut = killedBy === 'SIGKILL' ? ` after ${Math.round(spec.deadlineMs / 1_000)} s` : '';
      reject(new CommandFailedError(spec.command, killedBy === null ? `exit code ${code}` : killedBy + timedOut, tail));
    });
  });
}

/** The last lines of an output, without empty ones at its end. */
export function lastLines(output: string, count = 4): string[] {
  return output.trim().split('\n').slice(-count);
}

export interface AttachedCommandSpec {
  /** For messages. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly deadlineMs: number;
  /** From SIGTERM to SIGKILL. */
  readonly stopDeadlineMs: number;
  readonly signal: AbortSignal;
  onForcedEnd(kill: () => void): () => void;
}

/**
 * Runs a program with its output on the terminal, in a process group of its own. Resolves with its exit code. When the
 * signal is aborted or the deadline passes, the group is stopped and the promise rejects.
 */
export function runAttachedCommand(spec: AttachedCommandSpec): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(spec.command, spec.args, {
      cwd: spec.cwd,
      env: spec.env,
      stdio: ['ignore', 'inherit', 'inherit'],
      detached: true,
    });
    const { pid = 0 } = child;
    let timedOut = false;
    const stop = (): void => void stopProcess(pid, { signal: 'SIGTERM', deadlineMs: spec.stopDeadlineMs });
    const timer = setTimeout(() => {
      timedOut = true;
      stop();
    }, spec.deadlineMs);
    const removeForcedEnd = spec.onForcedEnd(() => killProcess(pid));
    const cleanUp = (): void => {
      clearTimeout(timer);
      spec.signal.removeEventListener('abort', stop);
      removeForcedEnd();
    };
    spec.signal.addEventListener('abort', stop, { once: true });
    child.once('error', (error) => {
      cleanUp();
      reject(error);
    });
    child.once('exit', (code) => {
      cleanUp();
      if (spec.signal.aborted) reject(spec.signal.reason as Error);
      else if (timedOut)
        reject(new CommandError(`${spec.name} did not end within ${Math.round(spec.deadlineMs / 60_000)} minutes`));
      else resolve(code ?? 1);
    });
  });
}
