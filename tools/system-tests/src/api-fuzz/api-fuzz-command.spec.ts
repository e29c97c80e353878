import { UsageError } from '@pugmark/toolkit';
import { apiFuzzCommand } from './api-fuzz-command';

it.each([
  [['--examples', 'many'], "--examples takes a whole number from 1, not 'many'"],
  [['--examples', '0'], '--examples takes a whole number from 1'],
  [['--seed', '-1'], '--seed'],
  [['--short', '--examples', '5'], 'exclude one another'],
])('refuses %j before it starts anything', async (args, message) => {
  const run = apiFuzzCommand(args, {} as never);
  await expect(run).rejects.toThrow(message);
  await expect(run).rejects.toThrow(UsageError);
});
