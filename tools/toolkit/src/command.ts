import type { Terminal } from './cli/terminal';
import type { Log } from './log';

/** What each command is given. */
export interface CommandContext {
  /** The workspace. */
  readonly root: string;
  /** Where the user stands: npm changes to the workspace before it runs a script. */
  readonly userFolder: string;
  readonly environment: NodeJS.ProcessEnv;
  readonly terminal: Terminal;
  readonly log: Log;
  /** Aborted by the first Ctrl-C or SIGTERM. */
  readonly signal: AbortSignal;
  /** Called, synchronously, when the user asks a second time. Returns the function that takes it back. */
  onForcedEnd(kill: () => void): () => void;
}

/** Returns the exit code. */
export type Command = (args: readonly string[], context: CommandContext) => Promise<number>;
