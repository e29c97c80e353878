import { IsOptional, IsUrl } from 'class-validator';

const URL_OPTIONS = { require_tld: false, require_protocol: true, require_valid_protocol: true };

/** What the command line takes from the environment; without it, the instance that runs on this machine is looked for. */
export class CliConfig {
  /** RabbitMQ: `amqp://user:password@host:5672/vhost`. */
  @IsOptional()
  @IsUrl({ ...URL_OPTIONS, protocols: ['amqp', 'amqps'] })
  readonly RABBITMQ_URL?: string;

  /** RabbitMQ's management API, `http://user:password@host:15672`. Without it bindings cannot be compared. */
  @IsOptional()
  @IsUrl({ ...URL_OPTIONS, protocols: ['http', 'https'] })
  readonly RABBITMQ_MANAGEMENT_URL?: string;
}
