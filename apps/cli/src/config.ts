import { IsIn, IsOptional, IsString, IsUrl } from 'class-validator';
import { DEVICE_CHOICES, ENGINE_CHOICES, type DeviceChoice, type EngineChoice } from '@pugmark/inference';

const URL_OPTIONS = { require_tld: false, require_protocol: true, require_valid_protocol: true };

/** Environment variables of the command line; missing ones are taken from the instance that runs on this machine. */
export class CliConfig {
  /** RabbitMQ: `amqp://user:password@host:5672/vhost`. */
  @IsOptional()
  @IsUrl({ ...URL_OPTIONS, protocols: ['amqp', 'amqps'] })
  readonly RABBITMQ_URL?: string;

  /** RabbitMQ's management API, `http://user:password@host:15672`. Required to compare bindings. */
  @IsOptional()
  @IsUrl({ ...URL_OPTIONS, protocols: ['http', 'https'] })
  readonly RABBITMQ_MANAGEMENT_URL?: string;

  /** Postgres: `postgres://user:password@host:5432/database`. */
  @IsOptional()
  @IsUrl({ ...URL_OPTIONS, protocols: ['postgres', 'postgresql'] })
  readonly DATABASE_URL?: string;

  /** Address of the gateway, such as `http://localhost:8080`. */
  @IsOptional()
  @IsUrl({ ...URL_OPTIONS, protocols: ['http', 'https'] })
  readonly PUGMARK_URL?: string;

  /** API key, `pm_…`. */
  @IsOptional()
  @IsString()
  readonly PUGMARK_KEY?: string;

  /** Folder of added models; the same as the ml-workers'. */
  @IsOptional()
  @IsString()
  readonly MODELS_DIR?: string;

  /** Folder in which `npm run tensorflow` installed the native library. */
  @IsOptional()
  @IsString()
  readonly TENSORFLOW_DIR?: string;

  /** Engine that tests models: see the ml-worker. */
  @IsIn(ENGINE_CHOICES)
  readonly ML_ENGINE: EngineChoice = 'auto';

  /** Whether a GPU must be used: see the ml-worker. */
  @IsIn(DEVICE_CHOICES)
  readonly ML_DEVICE: DeviceChoice = 'auto';
}
