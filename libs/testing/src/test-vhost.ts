import { randomBytes } from 'node:crypto';
import { testServers, type TestServers } from './servers';

export interface TestVhost {
  /** AMQP URL of the virtual host. */
  readonly url: string;
  readonly managementUrl: string;
  /** Calls the management API below `/api`; paths may contain `{vhost}`. Rejects when the status is not 2xx. */
  manage(method: string, path: string, body?: object): Promise<Response>;
  drop(): Promise<void>;
}

/** Creates a RabbitMQ virtual host for one test. */
export async function createTestVhost(
  { rabbitmqUrl, rabbitmqManagementUrl }: Pick<TestServers, 'rabbitmqUrl' | 'rabbitmqManagementUrl'> = testServers(),
): Promise<TestVhost> {
  const name = `pugmark-test-${randomBytes(6).toString('hex')}`;
  const amqp = new URL(rabbitmqUrl);
  const user = amqp.username || 'guest';
  const management = new URL(rabbitmqManagementUrl);
  const authorization = `Basic ${Buffer.from(
    `${decodeURIComponent(management.username || user)}:${decodeURIComponent(management.password || amqp.password || 'guest')}`,
  ).toString('base64')}`;
  const manage = async (method: string, path: string, body?: object): Promise<Response> => {
    const response = await fetch(`${management.origin}/api${path.replaceAll('{vhost}', name)}`, {
      method,
      headers: { authorization, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(20_000),
    });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return response;
  };
  await manage('PUT', '/vhosts/{vhost}', {});
  await manage('PUT', `/permissions/{vhost}/${user}`, { configure: '.*', write: '.*', read: '.*' });
  amqp.pathname = `/${name}`;
  return {
    url: amqp.href,
    managementUrl: rabbitmqManagementUrl,
    manage,
    drop: async () => {
      await manage('DELETE', '/vhosts/{vhost}');
    },
  };
}
