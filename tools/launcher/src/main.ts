import { runMain } from '@pugmark/toolkit';
import { demoCommand } from './demo/demo-command';
import { startCommand } from './start/start-command';
import { testCommand } from './test/test-command';

void runMain({ demo: demoCommand, start: startCommand, test: testCommand }, __dirname);
