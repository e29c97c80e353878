import { runMain } from '@pugmark/toolkit';
import { demoCommand } from './demo/demo-command';
import { devCommand } from './dev/dev-command';
import { startCommand } from './start/start-command';
import { testCommand } from './test/test-command';

void runMain({ demo: demoCommand, dev: devCommand, start: startCommand, test: testCommand }, __dirname);
