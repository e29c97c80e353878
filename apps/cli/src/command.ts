import type { CliConfig } from './config';

export interface CommandContext {
  readonly config: CliConfig;
  /** Where the user stands. */
  readonly folder: string;
  readonly print: (text: string) => void;
}

export interface Command {
  /** One line for the list of commands. */
  readonly summary: string;
  readonly usage: string;
  /** Returns the exit code. */
  run(args: readonly string[], context: CommandContext): Promise<number>;
}

export const EXIT = {
  ok: 0,
  /** Something is not as it should be: the broker differs, a letter was left, work stands still. */
  differs: 1,
  usage: 2,
  /** Who is to be asked cannot be reached, or not be asked. */
  unreachable: 3,
} as const;

/** A command line that makes no sense, or lacks something. */
export class UsageError extends Error {}
