import type { Log } from '@pugmark/toolkit';
import type { Ports } from '../processes/ports';

/** What each private server is started with. */
export interface ServiceContext {
  readonly instance: string;
  /** `.pugmark/<instance>`: data, logs and remembered ports. */
  readonly folder: string;
  readonly ports: Ports;
  readonly log: Log;
  readonly environment: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal | undefined;
}

/** Where the services answer. Without a management API (a broker from the environment may have none) its URL is undefined. */
export interface ServiceUrls {
  readonly databaseUrl: string;
  readonly rabbitmqUrl: string;
  readonly rabbitmqManagementUrl: string | undefined;
  readonly redisUrl: string;
}

/** A started server, whatever runs it. */
export interface StartedService {
  readonly urls: Partial<ServiceUrls>;
  stop(): Promise<void>;
  /** At once, without waiting. */
  kill(): void;
}

export const SERVICES = ['postgres', 'rabbitmq', 'redis'] as const;
export type ServiceKey = (typeof SERVICES)[number];

export const SERVICE_NAMES: Readonly<Record<ServiceKey, string>> = {
  postgres: 'Postgres',
  rabbitmq: 'RabbitMQ',
  redis: 'Redis',
};
