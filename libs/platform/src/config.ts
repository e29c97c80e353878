import 'reflect-metadata';
import { plainToInstance, Transform } from 'class-transformer';
import type { ValidationError } from 'class-validator';
import { IsIn, IsInt, IsOptional, IsString, IsUrl, Max, Min, validateSync } from 'class-validator';
import { FatalError } from '@pugmark/domain';

const URL_OPTIONS = { require_tld: false, require_protocol: true, require_valid_protocol: true };

/** Declares an integer setting: `"12"` becomes 12; anything else stays text and fails its validator. */
export function IntegerSetting(): PropertyDecorator {
  return Transform(({ value }) => (typeof value === 'string' && /^-?\d+$/.test(value.trim()) ? Number(value) : value));
}

/** Declares a setting that is a list of folders, separated by `:`. */
export function FolderListSetting(): PropertyDecorator {
  return Transform(({ value }) => (typeof value === 'string' ? value.split(':').filter((part) => part !== '') : value));
}

/** Settings of every service. The property name is the environment variable. */
export class ServiceConfig {
  /** Postgres: `postgres://user:password@host:5432/database`. Required. */
  @IsUrl({ ...URL_OPTIONS, protocols: ['postgres', 'postgresql'] })
  readonly DATABASE_URL!: string;

  /**
   * Maximum connections to Postgres for the service's work (watchdog: 2); leases use two more. All services together
   * must stay below the server's `max_connections`.
   */
  @IntegerSetting()
  @IsInt()
  @Min(2)
  @Max(500)
  readonly DATABASE_POOL_SIZE: number = 8;

  /**
   * Maximum duration of one statement, in milliseconds (export-worker: 300,000). Waiting for a connection is limited to
   * the same time, at most 10 s.
   */
  @IntegerSetting()
  @IsInt()
  @Min(1_000)
  @Max(3_600_000)
  readonly DATABASE_STATEMENT_TIMEOUT_MS: number = 30_000;

  /** RabbitMQ: `amqp://user:password@host:5672/vhost`. Required. */
  @IsUrl({ ...URL_OPTIONS, protocols: ['amqp', 'amqps'] })
  readonly RABBITMQ_URL!: string;

  /**
   * RabbitMQ's management API, `http://user:password@host:15672`. Without it bindings cannot be compared, which is
   * logged.
   */
  @IsOptional()
  @IsUrl({ ...URL_OPTIONS, protocols: ['http', 'https'] })
  readonly RABBITMQ_MANAGEMENT_URL?: string;

  /** Address that the service listens on. */
  @IsString()
  readonly HOST: string = '127.0.0.1';

  /** Port of `/livez`, `/readyz` and `/metrics`. Required: each service of a machine needs its own. */
  @IntegerSetting()
  @IsInt()
  @Min(0)
  @Max(65535)
  readonly HEALTH_PORT!: number;

  /** Minimum level that is logged. */
  @IsIn(['trace', 'debug', 'info', 'warn', 'error', 'fatal'])
  readonly LOG_LEVEL: string = 'info';

  /** `json`, `pretty`, or `auto`: pretty on a terminal, else JSON. */
  @IsIn(['auto', 'json', 'pretty'])
  readonly LOG_FORMAT: 'auto' | 'json' | 'pretty' = 'auto';

  /**
   * Heap growth, in percent since the last full garbage collection, that triggers the next one (gateway: 400). A small
   * value shows memory leaks early; a large one avoids pauses of requests.
   */
  @IntegerSetting()
  @IsInt()
  @Min(10)
  @Max(1_000)
  readonly HEAP_GROWTH_PERCENT: number = 25;

  /** Maximum duration of a drain after SIGTERM, in milliseconds; unfinished work is taken over by another worker. */
  @IntegerSetting()
  @IsInt()
  @Min(100)
  readonly SHUTDOWN_TIMEOUT_MS: number = 15_000;

  /** `1`: exit when standard input ends, so that services end with a launcher that was killed. */
  @IsIn(['0', '1'])
  readonly PUGMARK_PARENT_WATCH: string = '0';
}

/**
 * Reads a config class from the environment. Throws one FatalError `bad_settings` that lists every problem by variable
 * name and never prints a value, which may be a secret. Variables that the class does not declare are ignored.
 */
export function loadConfig<T extends object>(type: new () => T, environment: NodeJS.ProcessEnv): T {
  const given = Object.fromEntries(
    Object.entries(environment).filter(([, value]) => value !== undefined && value !== ''),
  );
  const config = plainToInstance(type, given, { exposeDefaultValues: true });
  const problems = validateSync(config, { whitelist: true, validationError: { value: false, target: false } });
  if (problems.length > 0) throw new FatalError('bad_settings', `bad settings:\n${problems.map(describe).join('\n')}`);
  return config;
}

function describe(problem: ValidationError): string {
  const reasons = Object.values(problem.constraints ?? {}).map((reason) => reason.replace(`${problem.property} `, ''));
  return `  ${problem.property}: ${reasons.join(', ')}`;
}
