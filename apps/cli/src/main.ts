import { ApiProblem } from '@pugmark/client';
import { FatalError, PermanentError, messageOf } from '@pugmark/domain';
import { loadConfig } from '@pugmark/platform';
import { EXIT, UsageError, type Command } from './command';
import { deadLettersCommand } from './commands/dead-letters';
import { doctorCommand } from './commands/doctor';
import { modelsCommand } from './commands/models';
import { statusCommand } from './commands/status';
import { topologyCommand } from './commands/topology';
import { uploadCommand } from './commands/upload';
import { CliConfig } from './config';

const COMMANDS: Readonly<Record<string, Command>> = {
  status: statusCommand,
  upload: uploadCommand,
  topology: topologyCommand,
  'dead-letters': deadLettersCommand,
  models: modelsCommand,
  doctor: doctorCommand,
};

const HELP = `pugmark: manages a Pugmark system

${Object.entries(COMMANDS)
  .map(([name, { summary }]) => `  pugmark ${name.padEnd(14)}${summary}`)
  .join('\n')}

pugmark COMMAND --help says more.`;

async function main(): Promise<number> {
  const [name = 'help', ...args] = process.argv.slice(2);
  const print = (text: string): void => void process.stdout.write(`${text}\n`);
  if (['help', '--help', '-h'].includes(name)) {
    print(HELP);
    return EXIT.ok;
  }
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command === undefined)
    throw new UsageError(`no command '${name}'; there are: ${Object.keys(COMMANDS).join(', ')}`);
  if (args.includes('--help') || args.includes('-h')) {
    print(command.usage);
    return EXIT.ok;
  }
  // Hides TensorFlow's messages; its errors are reported by exceptions.
  process.env['TF_CPP_MIN_LOG_LEVEL'] ??= '2';
  // If set, TensorFlow does not announce oneDNN.
  process.env['TF_ENABLE_ONEDNN_OPTS'] ??= '1';
  return command.run(args, { config: loadConfig(CliConfig, process.env), folder: process.cwd(), print });
}

// A closed reader (`| head`) is not an error.
process.stdout.on('error', () => process.exit(EXIT.ok));
main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`pugmark: ${messageOf(error)}\n`);
    const refused = error instanceof ApiProblem && error.status < 500 && error.status !== 429;
    const wrong =
      refused || error instanceof UsageError || error instanceof PermanentError || error instanceof FatalError;
    process.exit(wrong ? EXIT.usage : EXIT.unreachable);
  },
);
