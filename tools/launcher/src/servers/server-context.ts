import type { Log } from '@pugmark/toolkit';
import type { Ports } from '../processes/ports';

/** Dependencies for the start of a private server. */
export interface ServerContext {
  readonly instance: string;
  /** `.pugmark/<instance>`: data, logs and remembered ports. */
  readonly folder: string;
  readonly ports: Ports;
  readonly log: Log;
  readonly environment: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal | undefined;
}

/**
 * URLs of the servers. That of the management API is undefined where the broker, given in the environment, has none.
 */
export interface ServerUrls {
  readonly databaseUrl: string;
  readonly rabbitmqUrl: string;
  readonly rabbitmqManagementUrl: string | undefined;
  readonly redisUrl: string;
}

/** A started server, whether a process or a container. */
export interface StartedServer {
  readonly urls: Partial<ServerUrls>;
  stop(): Promise<void>;
  /** Kills it without waiting for it to stop. */
  kill(): void;
}

export const SERVERS = ['postgres', 'rabbitmq', 'redis'] as const;
export type ServerKey = (typeof SERVERS)[number];

export const SERVER_NAMES: Readonly<Record<ServerKey, string>> = {
  postgres: 'Postgres',
  rabbitmq: 'RabbitMQ',
  redis: 'Redis',
};
