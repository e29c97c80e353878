import { rabbitmqConfig } from './rabbitmq-files';

it('listens on 127.0.0.1 only', () => {
  const config = rabbitmqConfig({
    node: 'pugmark-1@localhost',
    user: 'u',
    password: 'p',
    ports: { amqp: 1, management: 2, prometheus: 3, distribution: 4, epmd: 5 },
  });
  expect(config).toContain('listeners.tcp.local = 127.0.0.1:1\n');
  expect(config).toContain('management.tcp.ip = 127.0.0.1\nmanagement.tcp.port = 2\n');
  expect(config).toContain('prometheus.tcp.ip = 127.0.0.1\nprometheus.tcp.port = 3\n');
});
