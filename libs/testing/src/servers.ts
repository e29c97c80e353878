/** URLs of the servers for integration tests; `npm test` starts private ones and sets them. */
export interface TestServers {
  readonly databaseUrl: string;
  readonly rabbitmqUrl: string;
  readonly rabbitmqManagementUrl: string;
  readonly redisUrl: string;
}

/** Each URL is required when it is read: tests are run with just the servers that they use. */
export function testServers(): TestServers {
  return {
    get databaseUrl() {
      return required('PUGMARK_TEST_DATABASE_URL');
    },
    get rabbitmqUrl() {
      return required('PUGMARK_TEST_RABBITMQ_URL');
    },
    get rabbitmqManagementUrl() {
      return required('PUGMARK_TEST_RABBITMQ_MANAGEMENT_URL');
    },
    get redisUrl() {
      return required('PUGMARK_TEST_REDIS_URL');
    },
  };
}

function required(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === '')
    throw new Error(`${name} is not set: run these tests with 'npm test', which starts the servers`);
  return value;
}
