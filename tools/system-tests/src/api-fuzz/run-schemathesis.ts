import { join } from 'node:path';
import { runAttachedCommand, type CommandContext } from '@pugmark/toolkit';
import type { Schemathesis } from './install-schemathesis';

export interface FuzzOptions {
  readonly apiUrl: string;
  readonly key: string;
  /** Id of that key, which must not be revoked. */
  readonly keyId: number;
  readonly seed: number;
  /** Per operation, in each phase that generates examples. */
  readonly examples: number;
  /** The report that Schemathesis writes. */
  readonly report: string;
  readonly deadlineMs: number;
}

/** Runs Schemathesis with its output on the terminal. Resolves with its exit code. */
export function runSchemathesis(
  { python, folder }: Schemathesis,
  options: FuzzOptions,
  { root, environment, signal, onForcedEnd }: CommandContext,
): Promise<number> {
  const own = join(root, 'tools', 'system-tests', 'src', 'api-fuzz');
  return runAttachedCommand({
    name: 'the fuzzer',
    command: python,
    args: [
      ...['-m', 'schemathesis.cli', '--config-file', join(own, 'schemathesis.toml')],
      ...['run', `${options.apiUrl}/api/v1/openapi.json`],
      ...['--seed', String(options.seed), '--max-examples', String(options.examples), '--no-color'],
      ...['--report', 'json', '--report-json-path', options.report],
    ],
    cwd: join(root, '.pugmark'),
    env: {
      ...environment,
      PYTHONPATH: folder,
      PYTHONUNBUFFERED: '1',
      PYTHONDONTWRITEBYTECODE: '1',
      PUGMARK_FUZZ_HOOKS: join(own, 'hooks.py'),
      PUGMARK_FUZZ_KEY: options.key,
      PUGMARK_FUZZ_KEY_ID: String(options.keyId),
    },
    deadlineMs: options.deadlineMs,
    stopDeadlineMs: 5_000,
    signal,
    onForcedEnd,
  });
}
