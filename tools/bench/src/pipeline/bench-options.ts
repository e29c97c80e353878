import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { integerOption, parseOptions, UsageError } from '@pugmark/toolkit';

export interface BenchOptions {
  readonly images: string;
  readonly count: number;
  readonly rounds: number;
  readonly json: string | undefined;
}

export const BENCH_USAGE = 'npm run bench -- --images DIR [--count N] [--rounds N] [--json FILE]';

export function benchOptions(args: readonly string[], userFolder: string): BenchOptions {
  const { images, count, rounds, json } = parseOptions('bench', BENCH_USAGE, args, {
    images: { type: 'string' },
    count: { type: 'string' },
    rounds: { type: 'string' },
    json: { type: 'string' },
  });
  if (images === undefined) throw new UsageError(`bench: --images is missing\n${BENCH_USAGE}`);
  const folder = resolve(userFolder, images);
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true)
    throw new UsageError(`bench: ${images} is not a folder`);
  return {
    images: folder,
    count: integerOption('bench', 'count', count, 1) ?? 200,
    rounds: integerOption('bench', 'rounds', rounds, 1) ?? 3,
    json: json === undefined ? undefined : resolve(userFolder, json),
  };
}
