export { startDatabaseRelay, type DatabaseRelay } from './database-relay';
export { testServers, type TestServers } from './servers';
export { createTestDatabase, type Migrate, type TestDatabase } from './test-database';
export { createTestVhost, type TestVhost } from './test-vhost';
export { missingTensorflow, testTensorflowDir } from './native-engine';
export { describeUnless, itUnless } from './skip-unless';
export { testLogger } from './test-logger';
export { waitUntil } from './wait-until';
