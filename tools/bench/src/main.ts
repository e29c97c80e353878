import { runMain } from '@pugmark/toolkit';
import { benchApiCommand } from './api/bench-api-command';
import { benchBulkChangeCommand } from './bulk-change/bench-bulk-change-command';
import { benchCommand } from './pipeline/bench-command';
import { soakCommand } from './soak/soak-command';
import { benchTasksCommand } from './tasks/bench-tasks-command';

void runMain(
  {
    bench: benchCommand,
    'bench:api': benchApiCommand,
    'bench:bulk-change': benchBulkChangeCommand,
    'bench:tasks': benchTasksCommand,
    soak: soakCommand,
  },
  __dirname,
);
