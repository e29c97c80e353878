import { realpathSync } from 'node:fs';
import { join } from 'node:path';
import { findOnPath, firstExecutable, versionFolders } from '@pugmark/toolkit';

export interface RabbitmqBinaries {
  /** RabbitMQ's own script; Debian's /usr/sbin/rabbitmq-server insists on the user rabbitmq and on its log folder. */
  readonly server: string;
  readonly epmd: string;
}

export function findRabbitmq(): RabbitmqBinaries | null {
  const server = firstExecutable([
    '/usr/lib/rabbitmq/bin/rabbitmq-server',
    ...versionFolders('/usr/lib/rabbitmq/lib').map((folder) => join(folder, 'sbin/rabbitmq-server')),
    ...versionFolders('/opt')
      .filter((folder) => folder.includes('rabbitmq'))
      .map((folder) => join(folder, 'sbin/rabbitmq-server')),
    '/opt/homebrew/opt/rabbitmq/sbin/rabbitmq-server',
    '/usr/local/opt/rabbitmq/sbin/rabbitmq-server',
    ...onPath(),
  ]);
  const epmd =
    findOnPath(['epmd']) ??
    firstExecutable(versionFolders('/usr/lib/erlang').map((folder) => join(folder, 'bin/epmd')));
  return server === null || epmd === null ? null : { server, epmd };
}

/** On the search path, unless it is Debian's wrapper. */
function onPath(): readonly string[] {
  const found = findOnPath(['rabbitmq-server']);
  return found === null || realpathSync(found).startsWith('/usr/sbin/') ? [] : [realpathSync(found)];
}
