import { loadConfig, ServiceConfig } from './config';

const GOOD = {
  DATABASE_URL: 'postgres://user:secret@127.0.0.1:5432/pugmark',
  RABBITMQ_URL: 'amqp://user:secret@127.0.0.1:5672/vhost',
  HEALTH_PORT: '9000',
};

function problemOf(environment: NodeJS.ProcessEnv): string {
  try {
    loadConfig(ServiceConfig, environment);
  } catch (error) {
    return String(error);
  }
  return '';
}

it('reads settings with their types, applies defaults, and ignores other variables', () => {
  const config = loadConfig(ServiceConfig, { ...GOOD, LOG_LEVEL: '', SOMETHING_ELSE: 'x' });
  expect(config).toMatchObject({
    HEALTH_PORT: 9000,
    LOG_LEVEL: 'info',
    HOST: '127.0.0.1',
    SHUTDOWN_TIMEOUT_MS: 15_000,
  });
  expect(config).not.toHaveProperty('SOMETHING_ELSE');
});

it('lists every bad setting at once', () => {
  const problem = problemOf({ LOG_LEVEL: 'loud', HEALTH_PORT: '70000', RABBITMQ_URL: 'http://127.0.0.1' });
  for (const name of ['DATABASE_URL', 'RABBITMQ_URL', 'HEALTH_PORT', 'LOG_LEVEL']) expect(problem).toContain(name);
});

it('lets a service override the default of a common setting, within the same bounds', () => {
  class OwnConfig extends ServiceConfig {
    override readonly DATABASE_POOL_SIZE: number = 2;
  }
  expect(loadConfig(ServiceConfig, GOOD)).toMatchObject({
    DATABASE_POOL_SIZE: 8,
    DATABASE_STATEMENT_TIMEOUT_MS: 30_000,
  });
  expect(loadConfig(OwnConfig, GOOD)).toMatchObject({ DATABASE_POOL_SIZE: 2 });
  expect(loadConfig(OwnConfig, { ...GOOD, DATABASE_POOL_SIZE: '20' })).toMatchObject({ DATABASE_POOL_SIZE: 20 });
  expect(() => loadConfig(OwnConfig, { ...GOOD, DATABASE_POOL_SIZE: '1' })).toThrow('DATABASE_POOL_SIZE');
});

it('rejects an invalid number instead of using the default', () => {
  expect(problemOf({ ...GOOD, HEALTH_PORT: '90o0' })).toContain('HEALTH_PORT');
  expect(problemOf({ ...GOOD, SHUTDOWN_TIMEOUT_MS: '5' })).toContain('SHUTDOWN_TIMEOUT_MS');
});

it('never prints a value, which may be a secret', () => {
  expect(problemOf({ ...GOOD, DATABASE_URL: 'mysql://user:hunter2@127.0.0.1/pugmark' })).not.toContain('hunter2');
});
