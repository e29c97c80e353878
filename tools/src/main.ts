import { join } from 'node:path';
import { ApiError } from '@pugmark/client';
import { messageOf } from '@pugmark/domain';
import { Interrupts } from './cli/interrupts';
import { Terminal } from './cli/terminal';
import { apiFuzzCommand } from './api-fuzz/api-fuzz-command';
import { benchCommand } from './bench/bench-command';
import { benchApiCommand } from './bench-api/bench-api-command';
import { benchTasksCommand } from './bench-tasks/bench-tasks-command';
import type { Command } from './command';
import { demoCommand } from './demo/demo-command';
import { faultsCommand } from './faults/faults-command';
import { LauncherError } from './launcher-error';
import { soakCommand } from './soak/soak-command';
import { startCommand } from './start/start-command';
import { tensorflowCommand } from './tensorflow/tensorflow-command';
import { testCommand } from './test/test-command';

const COMMANDS: Readonly<Record<string, Command>> = {
  bench: benchCommand,
  'bench:api': benchApiCommand,
  'bench:tasks': benchTasksCommand,
  demo: demoCommand,
  soak: soakCommand,
  start: startCommand,
  tensorflow: tensorflowCommand,
  test: testCommand,
  'test:api-fuzz': apiFuzzCommand,
  'test:faults': faultsCommand,
};

async function main(): Promise<number> {
  const [name = '', ...args] = process.argv.slice(2);
  const terminal = new Terminal();
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (!command) {
    process.stderr.write(`pugmark: no command '${name}'; there are: ${Object.keys(COMMANDS).join(', ')}\n`);
    return 2;
  }
  const interrupts = new Interrupts(
    () => terminal.progress(''),
    () => process.exit(130),
  );
  interrupts.listen();
  try {
    return await command(args, {
      root: join(__dirname, '../../..'),
      userFolder: process.env['INIT_CWD'] || process.cwd(),
      environment: process.env,
      terminal,
      log: (line) => terminal.line(line),
      signal: interrupts.signal,
      onForcedEnd: (kill) => interrupts.onForcedEnd(kill),
    });
  } catch (error) {
    terminal.progress('');
    // A fault of the launcher's own shows where it is; everything else is for a person to act on.
    const text =
      error instanceof LauncherError || error instanceof ApiError
        ? error.message
        : error instanceof Error
          ? (error.stack ?? error.message)
          : messageOf(error);
    process.stderr.write(`pugmark: ${text}\n`);
    return error instanceof LauncherError ? error.exitCode : 1;
  }
}

// Explicit: a connection that a library left open must not keep the launcher alive.
void main().then((code) => process.exit(code));
