import { runMain } from '@pugmark/toolkit';
import { apiFuzzCommand } from './api-fuzz/api-fuzz-command';
import { faultsCommand } from './faults/faults-command';

void runMain({ 'test:api-fuzz': apiFuzzCommand, 'test:faults': faultsCommand }, __dirname);
