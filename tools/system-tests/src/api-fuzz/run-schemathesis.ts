import { join } from 'node:path';
import { runAttachedCommand, type CommandContext } from '@pugmark/toolkit';
import type { Schemathesis } from './install-schemathesis';

export interface FuzzOptions {
  readonly apiUrl: string;
  readonly key: string;
  /** Of that key: the one that is not revoked. */
  readonly keyId: number;
  readonly seed: number;
  /** For each operation, in each of the phases that make them. */
  readonly examples: number;
  /** Written by it. */
  readonly report: string;
  readonly deadlineMs: number;
}

/** Its exit code; what it says is shown as it says it. It is ended when its time is up, which is an error. */
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
