import type { Terminal } from './cli/terminal';
import type { Log } from './log';

/** Dependencies that each command gets. */
export interface CommandContext {
  /** The workspace. */
  readonly root: string;
  /** The folder in which the user called npm, which changes to the workspace before it runs a script. */
  readonly userFolder: string;
  readonly environment: NodeJS.ProcessEnv;
  readonly terminal: Terminal;
  readonly log: Log;
  /** Aborted by the first Ctrl-C or SIGTERM. */
  readonly signal: AbortSignal;
  /**
   * Registers a function that is called, synchronously, at the second interruption. Returns the function that removes
   * it.
   */
  onForcedEnd(kill: () => void): () => void;
}

/** Runs a command and resolves with the exit code. */
export type Command = (args: readonly string[], context: CommandContext) => Promise<number>;
