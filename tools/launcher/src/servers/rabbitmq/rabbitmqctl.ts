import { execFile } from 'node:child_process';
import { dirname, join } from 'node:path';
import { CommandError } from '@pugmark/toolkit';
import { baseEnvironment } from '../base-environment';
import type { ServerContext } from '../server-context';
import { readState } from '../state-file';
import type { RabbitmqBinaries } from './find-rabbitmq';
import { writeRabbitmqFiles, type RabbitmqState } from './rabbitmq-files';

const DEADLINE_MS = 60_000;

/** Runs `rabbitmqctl` against the private RabbitMQ of this instance. Resolves with its output. */
export function rabbitmqctl(
  binaries: RabbitmqBinaries,
  context: Pick<ServerContext, 'folder' | 'environment'>,
  args: readonly string[],
): Promise<string> {
  const folder = join(context.folder, 'rabbitmq');
  const state = readState<RabbitmqState>(join(context.folder, 'rabbitmq.json')) as RabbitmqState;
  const env = {
    ...baseEnvironment(context.environment, join(folder, 'home')),
    ...writeRabbitmqFiles(folder, join(context.folder, 'logs'), state),
    // This is the server's port; a client that used it as well would not start.
    RABBITMQ_DIST_PORT: '',
  };
  return new Promise((resolve, reject) => {
    execFile(
      join(dirname(binaries.server), 'rabbitmqctl'),
      [...args],
      { env, cwd: folder, timeout: DEADLINE_MS },
      (error, stdout, stderr) => {
        if (error === null) resolve(stdout);
        else
          reject(
            new CommandError(
              `rabbitmqctl ${args[0]} failed: ${(stderr || stdout || error.message).trim().slice(0, 1_000)}`,
            ),
          );
      },
    );
  });
}
