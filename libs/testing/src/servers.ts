/** URLs of the servers that integration tests talk to; `npm test` starts private ones and sets them. */
export interface TestServers {
  readonly databaseUrl: string;
  readonly rabbitmqUrl: string;
  readonly rabbitmqManagementUrl: string;
  readonly redisUrl: string;
}

export function testServers(): TestServers {
  return {
    databaseUrl: required('PUGMARK_TEST_DATABASE_URL'),
    rabbitmqUrl: required('PUGMARK_TEST_RABBITMQ_URL'),
    rabbitmqManagementUrl: required('PUGMARK_TEST_RABBITMQ_MANAGEMENT_URL'),
    redisUrl: required('PUGMARK_TEST_REDIS_URL'),
  };
}

function required(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === '')
    throw new Error(`${name} is not set: run these tests with 'npm test', which starts the servers`);
  return value;
}
