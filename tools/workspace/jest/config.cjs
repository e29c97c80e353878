// The Jest configuration of every project; `mode` selects the files.
const path = require('node:path');

/** @param {'unit' | 'integration' | 'e2e' | 'faults'} mode @param {string} projectRoot */
function jestConfig(mode, projectRoot) {
  const pattern = {
    unit: '<rootDir>/src/**/*.spec.ts',
    integration: '<rootDir>/src/**/*.int-spec.ts',
    // Fault tests restart servers of their own and mostly wait: they run next to the other end-to-end tests.
    e2e: '<rootDir>/src/e2e/**/*.e2e-spec.ts',
    faults: '<rootDir>/src/faults/**/*.e2e-spec.ts',
  }[mode];
  return {
    rootDir: projectRoot,
    testEnvironment: 'node',
    testMatch: [pattern],
    testPathIgnorePatterns: ['/node_modules/', '/dist/'],
    modulePathIgnorePatterns: ['<rootDir>/dist/'],
    // Integration tests have databases and virtual hosts of their own.
    maxWorkers: mode === 'integration' ? Number(process.env.PUGMARK_TEST_WORKERS ?? 2) : mode === 'unit' ? 2 : 1,
    testTimeout: mode === 'unit' ? 10_000 : 60_000,
    setupFiles: [require.resolve('reflect-metadata')],
    transform: {
      '^.+\\.(ts|js)$': [
        '@swc/jest',
        {
          jsc: {
            parser: { syntax: 'typescript', decorators: true },
            transform: { legacyDecorator: true, decoratorMetadata: false },
            target: 'es2022',
          },
          module: { type: 'commonjs' },
          sourceMaps: 'inline',
        },
      ],
    },
    // Workspace packages are symlinks whose real path lies outside node_modules, so they are transformed. Of the npm
    // packages, only those that are published as ES modules alone are.
    transformIgnorePatterns: ['/node_modules/(?!(p-limit|yocto-queue)/)'],
    reporters: ['default', [path.join(__dirname, 'results-reporter.cjs'), { mode }]],
  };
}

module.exports = { jestConfig };
