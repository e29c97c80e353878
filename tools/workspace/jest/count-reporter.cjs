// Writes how many tests passed, failed and were skipped, so that `npm test` can add up all suites at its end.
const fs = require('node:fs');
const path = require('node:path');

class CountReporter {
  constructor(globalConfig, options) {
    this.rootDir = globalConfig.rootDir;
    this.mode = options.mode;
  }

  onRunComplete(_contexts, results) {
    const folder = process.env.PUGMARK_TEST_RESULTS;
    if (!folder) return;
    fs.mkdirSync(folder, { recursive: true });
    const name = `${path.basename(path.dirname(this.rootDir))}-${path.basename(this.rootDir)}-${this.mode}.json`;
    const counts = {
      passed: results.numPassedTests,
      // A suite that could not even start has no failed tests of its own; it still is a failure.
      failed: results.numFailedTests + results.numRuntimeErrorTestSuites,
      skipped: results.numPendingTests + results.numTodoTests,
    };
    fs.writeFileSync(path.join(folder, name), JSON.stringify(counts));
  }
}

module.exports = CountReporter;
