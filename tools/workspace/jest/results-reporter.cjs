// Writes how many tests passed, failed and were skipped, and why, to dist/test-results/<mode>.json of the project. `npm
// test` adds up these files of all suites; Nx caches them with the suite.
const fs = require('node:fs');
const path = require('node:path');

class ResultsReporter {
  constructor(globalConfig, options) {
    this.file = path.join(globalConfig.rootDir, 'dist', 'test-results', `${options.mode}.json`);
  }

  onRunComplete(_contexts, results) {
    const counts = {
      passed: results.numPassedTests,
      // A suite that failed to run has no failed tests, but is a failure.
      failed: results.numFailedTests + results.numRuntimeErrorTestSuites,
      skipped: results.numPendingTests + results.numTodoTests,
      skippedTests: skippedTests(results),
    };
    fs.mkdirSync(path.dirname(this.file), { recursive: true });
    fs.writeFileSync(this.file, JSON.stringify(counts));
  }
}

// `describeUnless` and `itUnless` of libs/testing put the reason into the title.
const REASON = /\(skipped: ([^)]+)\)/;

function skippedTests({ testResults }) {
  const reasons = testResults
    .flatMap(({ testResults: tests }) => tests)
    .filter(({ status }) => status === 'pending')
    .map(({ fullName }) => REASON.exec(fullName)?.[1])
    .filter((reason) => reason !== undefined);
  return [...new Set(reasons)].map((reason) => ({ reason, count: reasons.filter((other) => other === reason).length }));
}

module.exports = ResultsReporter;
