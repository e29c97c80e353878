import type { CliConfig } from './config';

export interface CommandContext {
  readonly config: CliConfig;
  /** Current folder of the user. */
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
  /** A problem was found: the topology differs, a dead letter was kept, work is stalled. */
  differs: 1,
  usage: 2,
  /** A server cannot be reached or refuses the request. */
  unreachable: 3,
} as const;

/** Invalid or incomplete command line. */
export class UsageError extends Error {}
