import { resolve } from 'node:path';
import { type CommandContext, parseOptions, portOption, untilAborted } from '@pugmark/toolkit';
import { startPlatform } from '../platform/start-platform';
import { prettyLine } from '../supervisor/pretty-line';

const USAGE = 'npm start [-- --port N]';

/** Everything on this machine until Ctrl-C. */
export async function startCommand(args: readonly string[], context: CommandContext): Promise<number> {
  const options = parseOptions('start', USAGE, args, { port: { type: 'string' } });
  const { log, terminal, environment, signal } = context;
  const ingestRoots = environment['PUGMARK_INGEST_ROOTS']
    ? environment['PUGMARK_INGEST_ROOTS'].split(':').filter((folder) => folder !== '')
    : [context.userFolder];
  const platform = await startPlatform(
    {
      instance: 'main',
      port: portOption('start', options.port),
      portMayChange: false,
      ingestRoots: ingestRoots.map((folder) => resolve(context.userFolder, folder)),
      onLine: (service, line) => terminal.line(prettyLine(service, line)),
    },
    context,
  );
  log(`Pugmark runs: ${platform.apiUrl} (API: ${platform.apiUrl}/docs)`);
  log(`the key that may do everything: ${platform.adminKeyFile}`);
  log(`pictures may be taken in from: ${ingestRoots.join(', ')} (PUGMARK_INGEST_ROOTS)`);
  log(`logs: ${platform.logFolder}; Ctrl-C ends it`);
  await untilAborted(signal);
  log('stopping; Ctrl-C again ends it at once');
  await platform.stop();
  return 0;
}
