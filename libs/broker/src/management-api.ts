import { PermanentError, RetryableError, messageOf } from '@pugmark/domain';

type Arguments = Readonly<Record<string, unknown>>;

export interface ExchangeInfo {
  readonly name: string;
  readonly type: string;
  readonly durable: boolean;
  readonly auto_delete: boolean;
  readonly internal: boolean;
  readonly arguments: Arguments;
}

export interface QueueInfo {
  readonly name: string;
  readonly type: string;
  readonly durable: boolean;
  readonly auto_delete: boolean;
  readonly exclusive: boolean | null;
  readonly arguments: Arguments;
}

export interface BindingInfo {
  readonly source: string;
  readonly destination: string;
  readonly destination_type: 'queue' | 'exchange';
  readonly routing_key: string;
  readonly arguments: Arguments;
}

export interface PolicyInfo {
  readonly name: string;
  readonly pattern: string;
  readonly 'apply-to': string;
  readonly priority: number;
  readonly definition: Readonly<Record<string, unknown>>;
}

const DEADLINE_MS = 5_000;

/** Client of RabbitMQ's management HTTP API, for one virtual host. Every call ends within 5 s. */
export class ManagementApi {
  readonly #base: string;
  readonly #authorization: string;
  readonly #vhost: string;

  /** User, password and virtual host are taken from the AMQP URL unless the management URL has them. */
  constructor(managementUrl: string, amqpUrl: string) {
    const management = new URL(managementUrl);
    const amqp = new URL(amqpUrl);
    const user = decodeURIComponent(management.username || amqp.username || 'guest');
    const password = decodeURIComponent(management.password || amqp.password || 'guest');
    this.#authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
    this.#base = `${management.origin}${management.pathname.replace(/\/$/, '')}/api`;
    // The path of an AMQP URL is the percent-encoded virtual host; an empty path means '/'.
    this.#vhost = encodeURIComponent(decodeURIComponent(amqp.pathname.slice(1)) || '/');
  }

  exchanges(): Promise<readonly ExchangeInfo[]> {
    return this.#get(`/exchanges/${this.#vhost}`);
  }

  queues(): Promise<readonly QueueInfo[]> {
    return this.#get(`/queues/${this.#vhost}?disable_stats=true&enable_queue_totals=true`);
  }

  bindings(): Promise<readonly BindingInfo[]> {
    return this.#get(`/bindings/${this.#vhost}`);
  }

  policies(): Promise<readonly PolicyInfo[]> {
    return this.#get(`/policies/${this.#vhost}`);
  }

  async putPolicy(policy: PolicyInfo): Promise<void> {
    const { name, ...body } = policy;
    await this.#call('PUT', `/policies/${this.#vhost}/${encodeURIComponent(name)}`, body);
  }

  async #get<T>(path: string): Promise<T> {
    return (await (await this.#call('GET', path)).json()) as T;
  }

  async #call(method: string, path: string, body?: object): Promise<Response> {
    let response: Response;
    try {
      response = await fetch(`${this.#base}${path}`, {
        method,
        headers: { authorization: this.#authorization, 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(DEADLINE_MS),
      });
    } catch (error) {
      throw new RetryableError(
        'management_api_away',
        `RabbitMQ's management API does not answer: ${messageOf(error)}`,
        { cause: error },
      );
    }
    if (response.ok) return response;
    const reason = `RabbitMQ's management API answered ${response.status} to ${method} ${path}`;
    if (response.status === 401 || response.status === 403) {
      throw new PermanentError(
        'management_api_refused',
        `${reason}: the user needs the tag 'management' (and 'policymaker' for policies)`,
      );
    }
    throw new RetryableError('management_api_failed', reason);
  }
}
