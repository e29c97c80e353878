import { randomInt } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PugmarkClient } from '@pugmark/client';
import { messageOf } from '@pugmark/domain';
import type { Counts, SuiteResults } from '@pugmark/launcher';
import {
  type CommandContext,
  isRunning,
  CommandError,
  integerOption,
  parseOptions,
  UsageError,
} from '@pugmark/toolkit';
import { countsOf, findings, type FuzzReport } from './fuzz-report';
import { startFuzzedPlatform, type FuzzedPlatform } from './fuzzed-platform';
import { installSchemathesis, type Schemathesis } from './install-schemathesis';
import { makeData } from './make-data';
import { runSchemathesis } from './run-schemathesis';

const USAGE = 'npm run test:api-fuzz [-- --short | --examples N] [--seed N]';
/** Over all operations, in addition to boundary values of the document and sequences of calls. */
const EXAMPLES = { usual: 20_000, short: 2_000 } as const;
const DEADLINE_MS = { usual: 60 * 60_000, short: 15 * 60_000 } as const;

interface Options {
  readonly short: boolean;
  readonly examples: number;
  readonly seed: number;
}

/** Tests the API against its OpenAPI document with generated requests; see docs/api.md. */
export async function apiFuzzCommand(args: readonly string[], context: CommandContext): Promise<number> {
  const options = fuzzOptions(args);
  const { root, log } = context;
  const schemathesis = await installSchemathesis(context);
  if ('problem' in schemathesis) {
    log(`SKIPPED: the API is not fuzzed, there is no Schemathesis: ${schemathesis.problem}`);
    writeResults(
      { passed: 0, failed: 0, skipped: 1 },
      [{ reason: `no Schemathesis: ${schemathesis.problem}`, count: 1 }],
      root,
    );
    return 0;
  }
  const folder = createRunFolder(join(root, '.pugmark', 'fuzz'));
  const began = performance.now();
  const platform = await startFuzzedPlatform(folder, context);
  let result: Result;
  try {
    await makeData(platform.client, platform.images, context.signal);
    result = await fuzz(schemathesis, platform, folder, options, context);
  } finally {
    log('stopping');
    await platform.stop();
  }
  const { report, found } = result;
  writeResults(countsOf(report, found), [], root);
  if (found.length === 0) rmSync(folder, { recursive: true, force: true });
  else
    log(
      `\n${found.map((line) => `  ${line}`).join('\n')}\n\n` +
        `  again: npm run test:api-fuzz -- --seed ${options.seed} --examples ${options.examples}; ` +
        `the services' logs: ${platform.logFolder}\n`,
    );
  const seconds = Math.round((performance.now() - began) / 1_000);
  log(
    `API fuzzer: ${report.test_cases.generated} cases over ${report.operations.tested} operations in ${seconds} s, ` +
      `seed ${options.seed}: ${found.length === 0 ? 'nothing found' : `${found.length} findings`}`,
  );
  return found.length === 0 ? 0 : 1;
}

interface Result {
  readonly report: FuzzReport;
  readonly found: readonly string[];
}

async function fuzz(
  schemathesis: Schemathesis,
  { client, apiUrl, adminKey, supervisor }: FuzzedPlatform,
  folder: string,
  { short, examples, seed }: Options,
  context: CommandContext,
): Promise<Result> {
  const perOperation = Math.ceil(examples / operationsOf(await client.get('/api/v1/openapi.json')));
  const report = join(folder, 'report.json');
  context.log(`fuzzing ${apiUrl}: seed ${seed}, ${perOperation} examples for each operation`);
  const code = await runSchemathesis(
    schemathesis,
    {
      apiUrl,
      key: adminKey,
      keyId: await findOwnKeyId(client),
      seed,
      examples: perOperation,
      report,
      deadlineMs: short ? DEADLINE_MS.short : DEADLINE_MS.usual,
    },
    context,
  );
  const read = readReport(report, code);
  const restarted = supervisor.status().filter(({ restarts }) => restarts > 0);
  const found = [
    ...findings(read),
    ...(await findLostAccess(client)),
    ...restarted.map(({ name, restarts }) => `${name} exited ${restarts} times`),
  ];
  // A failure that the report does not contain.
  return {
    report: read,
    found: code !== 0 && found.length === 0 ? [`Schemathesis ended with exit code ${code}`] : found,
  };
}

function operationsOf(document: unknown): number {
  const { paths } = document as { readonly paths: Readonly<Record<string, object>> };
  return Object.values(paths).reduce((sum, methods) => sum + Object.keys(methods).length, 0);
}

async function findOwnKeyId(client: PugmarkClient): Promise<number> {
  const { prefix } = await client.get('/api/v1/session');
  for await (const key of client.all('/api/v1/keys')) if (key.prefix === prefix) return key.id;
  throw new CommandError("the fuzzer's own key is not in the list of keys");
}

/**
 * Reports a revoked own key: a fuzzer whose requests all get 401 finds nothing, which must not be reported as success.
 */
async function findLostAccess(client: PugmarkClient): Promise<string[]> {
  return client.get('/api/v1/session').then(
    () => [],
    (error: unknown) => [`the fuzzer lost access: ${messageOf(error)}`],
  );
}

function readReport(file: string, code: number): FuzzReport {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as FuzzReport;
  } catch (error) {
    throw new CommandError(
      `Schemathesis ended with exit code ${code} and without a report (${messageOf(error)}); its output is above`,
      1,
      { cause: error },
    );
  }
}

function fuzzOptions(args: readonly string[]): Options {
  const values = parseOptions('test:api-fuzz', USAGE, args, {
    short: { type: 'boolean', default: false },
    examples: { type: 'string' },
    seed: { type: 'string' },
  });
  if (values.short && values.examples !== undefined)
    throw new UsageError(`test:api-fuzz: --short and --examples exclude one another; usage: ${USAGE}`);
  return {
    short: values.short,
    examples:
      integerOption('test:api-fuzz', 'examples', values.examples, 1) ??
      (values.short ? EXAMPLES.short : EXAMPLES.usual),
    // A fixed seed in CI, so that results are reproducible.
    seed: integerOption('test:api-fuzz', 'seed', values.seed, 0) ?? (values.short ? 1 : randomInt(1_000_000_000)),
  };
}

/** Creates this run's folder and removes those of earlier runs. Without findings, the folder is removed at the end. */
function createRunFolder(parent: string): string {
  mkdirSync(parent, { recursive: true });
  for (const name of readdirSync(parent)) {
    const pid = /^run-(\d+)$/.exec(name)?.[1];
    if (pid !== undefined && !isRunning(Number(pid))) rmSync(join(parent, name), { recursive: true, force: true });
  }
  const folder = join(parent, `run-${process.pid}`);
  mkdirSync(folder);
  return folder;
}

/** For `npm test`, which adds up the results of all suites. */
function writeResults(counts: Counts, skippedTests: SuiteResults['skippedTests'], root: string): void {
  const folder = join(root, 'tools', 'system-tests', 'dist', 'test-results');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'api-fuzz.json'), JSON.stringify({ ...counts, skippedTests } satisfies SuiteResults));
}
