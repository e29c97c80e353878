import '../workspace/jest/run.mjs';
