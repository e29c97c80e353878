export { startDatabaseRelay, type DatabaseRelay } from './database-relay';
export { testServers, type TestServers } from './servers';
export { createTestDatabase, type TestDatabase } from './test-database';
export { createTestVhost, type TestVhost } from './test-vhost';
export { testTensorflowDir } from './native-engine';
export { testLogger } from './test-logger';
export { waitUntil } from './wait-until';
