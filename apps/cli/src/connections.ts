import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { UsageError } from './command';
import type { CliConfig } from './config';

export interface BrokerConnection {
  readonly rabbitmqUrl: string;
  readonly managementUrl: string | undefined;
  /** Host, port and virtual host, without the password. */
  readonly name: string;
}

/**
 * The broker of the environment, else that of the instance that `npm start` (or demo) runs in this folder or one above it.
 * Throws what to do when there is neither.
 */
export function findBroker(config: CliConfig, instance: string, folder: string): BrokerConnection {
  const { RABBITMQ_URL, RABBITMQ_MANAGEMENT_URL } = config;
  if (RABBITMQ_URL !== undefined) return connection(RABBITMQ_URL, RABBITMQ_MANAGEMENT_URL);
  const running = readConnections(instance, folder);
  if (running === null) {
    throw new UsageError(`no broker is known: set RABBITMQ_URL and RABBITMQ_MANAGEMENT_URL, or run npm start (no instance '${instance}' runs from ${folder})`);
  }
  return connection(running.rabbitmqUrl, running.rabbitmqManagementUrl);
}

function readConnections(instance: string, folder: string): { rabbitmqUrl: string; rabbitmqManagementUrl?: string } | null {
  for (let at = folder; ; at = dirname(at)) {
    try {
      return JSON.parse(readFileSync(join(at, '.pugmark', instance, 'connections.json'), 'utf8')) as { rabbitmqUrl: string };
    } catch {
      // Not here: perhaps further up.
      if (dirname(at) === at) return null;
    }
  }
}

function connection(rabbitmqUrl: string, managementUrl: string | undefined): BrokerConnection {
  const { host, pathname } = new URL(rabbitmqUrl);
  return { rabbitmqUrl, managementUrl, name: `${host}${pathname === '/' ? '' : decodeURIComponent(pathname)}` };
}
