import { resolve } from 'node:path';
import { parseOptions, portOption, untilAborted, type CommandContext } from '@pugmark/toolkit';
import { startPlatform, type Platform } from '../platform/start-platform';
import { prettyLine } from '../supervisor/pretty-line';

const USAGE = 'npm start [-- --port N]';

/** Runs everything on this machine until Ctrl-C. */
export async function startCommand(args: readonly string[], context: CommandContext): Promise<number> {
  const platform = await startForUser('start', USAGE, args, context);
  await untilAborted(context.signal);
  context.log('stopping; Ctrl-C again ends it at once');
  await platform.stop();
  return 0;
}

/** Starts the user's own instance, shows the services' logs, and prints where everything is. */
export async function startForUser(
  command: string,
  usage: string,
  args: readonly string[],
  context: CommandContext,
): Promise<Platform> {
  const options = parseOptions(command, usage, args, { port: { type: 'string' } });
  const { log, terminal, environment, userFolder } = context;
  const ingestRoots = environment['PUGMARK_INGEST_ROOTS']
    ? environment['PUGMARK_INGEST_ROOTS'].split(':').filter((folder) => folder !== '')
    : [userFolder];
  const platform = await startPlatform(
    {
      instance: 'main',
      port: portOption(command, options.port),
      portMayChange: false,
      ingestRoots: ingestRoots.map((folder) => resolve(userFolder, folder)),
      onLine: (service, line) => terminal.line(prettyLine(service, line)),
    },
    context,
  );
  log(`Pugmark runs: ${platform.apiUrl} (API: ${platform.apiUrl}/docs)`);
  log(`admin key: ${platform.adminKeyFile}`);
  log(`folders that may be ingested: ${ingestRoots.join(', ')} (PUGMARK_INGEST_ROOTS)`);
  log(`logs: ${platform.logFolder}; Ctrl-C ends it`);
  return platform;
}
