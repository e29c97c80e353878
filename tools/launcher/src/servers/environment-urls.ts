import { CommandError } from '@pugmark/toolkit';
import type { ServerUrls } from './server-context';

const VARIABLES = {
  databaseUrl: { name: 'DATABASE_URL', protocols: ['postgres:', 'postgresql:'] },
  rabbitmqUrl: { name: 'RABBITMQ_URL', protocols: ['amqp:', 'amqps:'] },
  rabbitmqManagementUrl: { name: 'RABBITMQ_MANAGEMENT_URL', protocols: ['http:', 'https:'] },
  redisUrl: { name: 'REDIS_URL', protocols: ['redis:', 'rediss:'] },
} as const satisfies Record<keyof ServerUrls, { name: string; protocols: readonly string[] }>;

/**
 * Reads the servers' URLs from the environment. The error for an invalid one names the variable but not its value,
 * which holds a password.
 */
export function urlsFromEnvironment(environment: NodeJS.ProcessEnv, prefix = ''): Partial<ServerUrls> {
  const urls: Partial<Record<keyof ServerUrls, string>> = {};
  for (const [key, { name, protocols }] of Object.entries(VARIABLES) as [
    keyof ServerUrls,
    (typeof VARIABLES)[keyof ServerUrls],
  ][]) {
    const value = environment[prefix + name];
    if (value === undefined || value === '') continue;
    if (!URL.canParse(value) || !(protocols as readonly string[]).includes(new URL(value).protocol)) {
      throw new CommandError(
        `${prefix + name} is not a URL that starts with ${protocols.map((protocol) => `${protocol}//`).join(' or ')}`,
      );
    }
    urls[key] = value;
  }
  // A management URL alone belongs to a broker that is not used.
  if (urls.rabbitmqUrl === undefined) delete urls.rabbitmqManagementUrl;
  return urls;
}
