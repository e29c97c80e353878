import { join } from 'node:path';
import { ApiError } from '@pugmark/client';
import { messageOf } from '@pugmark/domain';
import { Interrupts } from './cli/interrupts';
import { Terminal } from './cli/terminal';
import type { Command } from './command';
import { CommandError } from './command-error';

/** Runs the command that the command line names, then exits with its exit code. Called by each `main.ts`. */
export async function runMain(commands: Readonly<Record<string, Command>>, bundleFolder: string): Promise<never> {
  // Explicit: a connection that a library left open must not keep the process alive.
  return process.exit(await runCommandLine(commands, bundleFolder));
}

async function runCommandLine(commands: Readonly<Record<string, Command>>, bundleFolder: string): Promise<number> {
  const [name = '', ...args] = process.argv.slice(2);
  const terminal = new Terminal();
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (!command) {
    process.stderr.write(`pugmark: unknown command '${name}'; known commands: ${Object.keys(commands).join(', ')}\n`);
    return 2;
  }
  const interrupts = new Interrupts(
    () => terminal.progress(''),
    () => process.exit(130),
  );
  interrupts.listen();
  try {
    return await command(args, {
      // From tools/<project>/dist/bundle.
      root: join(bundleFolder, '../../../..'),
      userFolder: process.env['INIT_CWD'] || process.cwd(),
      environment: process.env,
      terminal,
      log: (line) => terminal.line(line),
      signal: interrupts.signal,
      onForcedEnd: (kill) => interrupts.onForcedEnd(kill),
    });
  } catch (error) {
    terminal.progress('');
    process.stderr.write(`pugmark: ${describeFailure(error)}\n`);
    return error instanceof CommandError ? error.exitCode : 1;
  }
}

/** The message of an error that a person can act on; the stack of any other, because it is a bug. */
function describeFailure(error: unknown): string {
  if (error instanceof CommandError || error instanceof ApiError) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : messageOf(error);
}
