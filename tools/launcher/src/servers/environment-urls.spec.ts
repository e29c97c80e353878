import { urlsFromEnvironment } from './environment-urls';

it('returns the URLs unchanged', () => {
  const environment = {
    DATABASE_URL: 'postgres://u:p@db/x',
    RABBITMQ_URL: 'amqps://mq',
    RABBITMQ_MANAGEMENT_URL: 'https://mq:15671',
    REDIS_URL: 'redis://cache',
  };
  expect(urlsFromEnvironment(environment)).toEqual({
    databaseUrl: 'postgres://u:p@db/x',
    rabbitmqUrl: 'amqps://mq',
    rabbitmqManagementUrl: 'https://mq:15671',
    redisUrl: 'redis://cache',
  });
});

it('reads only variables with the prefix, so that tests never touch real data', () => {
  expect(
    urlsFromEnvironment({ DATABASE_URL: 'postgres://real', PUGMARK_TEST_REDIS_URL: 'redis://cache' }, 'PUGMARK_TEST_'),
  ).toEqual({ redisUrl: 'redis://cache' });
});

it('ignores a management URL without a broker URL', () => {
  expect(urlsFromEnvironment({ RABBITMQ_MANAGEMENT_URL: 'http://mq:15672' })).toEqual({});
});

it('names an invalid variable, but not its value', () => {
  expect(() => urlsFromEnvironment({ DATABASE_URL: 'mysql://u:secret@db/x' })).toThrow(
    /^DATABASE_URL is not a URL that starts with postgres:\/\/ or postgresql:\/\/$/,
  );
});
