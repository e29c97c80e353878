import { spawn } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '@pugmark/domain';
import { installTensorflow, tensorflowDir } from '@pugmark/tensorflow';
import {
  type CommandContext,
  InterruptedError,
  killProcess,
  parseOptions,
  stopProcess,
  table,
  UsageError,
} from '@pugmark/toolkit';
import { startServices, type RunningServices } from '../servers/start-servers';
import { isGreen, NO_TESTS, readCounts, totalCounts, type StepResult } from './counts';
import { selectSteps, stepNames, type TestStep } from './steps';

const USAGE = 'npm test [-- --only STEP]';
const STEP_DEADLINE_MS = 60 * 60_000;
const PREFIX = 'PUGMARK_TEST_';

/** Lint, types, unit tests, bundles, then the tests against real servers; its last line is the sum of all tests. */
export async function testCommand(args: readonly string[], context: CommandContext): Promise<number> {
  const { only } = parseOptions('test', USAGE, args, { only: { type: 'string' } });
  const steps = selectSteps(only);
  if (!steps) throw new UsageError(`test: there is no step '${only}'; there are: ${stepNames()}`);
  const resultFolder = join(context.root, '.pugmark', 'test-results');
  const native = steps.some(({ hasTests }) => hasTests) ? await nativeVariables(context) : {};
  const servers = steps.some(({ needsServices }) => needsServices) ? await tryServers(context) : null;
  const results: StepResult[] = [];
  try {
    for (const step of steps)
      results.push(
        await runStep(step, servers, resultFolder, { ...context, environment: { ...context.environment, ...native } }),
      );
  } finally {
    await servers?.running?.stop();
  }
  const { passed, failed, skipped } = totalCounts(results);
  context.log(
    `\n${table(results.map(({ name, seconds, ok, problem }) => [name, `${seconds.toFixed(0)} s  ${ok ? 'ok' : (problem ?? 'failed')}`]))}\n`,
  );
  context.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
  return isGreen(
    results,
    steps.some(({ hasTests }) => hasTests),
  )
    ? 0
    : 1;
}

/** Either is null. */
interface Servers {
  readonly running: RunningServices | null;
  readonly problem: string | null;
}

/** Without servers the other steps still run; those that need them fail. */
async function tryServers({ root, log, environment, signal, onForcedEnd }: CommandContext): Promise<Servers> {
  try {
    const running = await startServices({
      instance: 'test',
      dir: join(root, '.pugmark'),
      root,
      log,
      environment,
      variablePrefix: PREFIX,
      signal,
    });
    onForcedEnd(() => running.kill());
    return { running, problem: null };
  } catch (error) {
    if (signal.aborted) throw error;
    const problem = messageOf(error);
    log(`no servers to test against: ${problem}`);
    return { running: null, problem };
  }
}

/** Where the native library is, for the tests that need it. Without it they are skipped. */
async function nativeVariables({ root, log, environment, signal }: CommandContext): Promise<NodeJS.ProcessEnv> {
  const state = await installTensorflow({ root, log, environment, signal });
  if (state.installed)
    return { [`${PREFIX}TENSORFLOW_DIR`]: tensorflowDir(root), TF_CPP_MIN_LOG_LEVEL: '2', TF_ENABLE_ONEDNN_OPTS: '1' };
  log(`no native TensorFlow, so its tests are skipped: ${state.problem}`);
  return {};
}

async function runStep(
  step: TestStep,
  servers: Servers | null,
  resultFolder: string,
  context: CommandContext,
): Promise<StepResult> {
  if (step.needsServices && !servers?.running) {
    return {
      name: step.name,
      seconds: 0,
      ok: false,
      problem: `not run: ${servers?.problem?.split('\n')[0] ?? 'no servers'}`,
      counts: NO_TESTS,
    };
  }
  // A folder of its own for each step: what an earlier run or step left must not be counted.
  const folder = join(resultFolder, step.name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const began = performance.now();
  context.log(`\n=== nx ${step.nx.join(' ')}`);
  const code = await runNx(
    step.nx,
    { ...context.environment, ...testVariables(servers?.running ?? null), PUGMARK_TEST_RESULTS: folder },
    context,
  );
  if (context.signal.aborted) throw new InterruptedError();
  return { name: step.name, seconds: (performance.now() - began) / 1000, ok: code === 0, counts: readCounts(folder) };
}

function testVariables(urls: RunningServices | null): NodeJS.ProcessEnv {
  if (urls === null) return {};
  return {
    [`${PREFIX}DATABASE_URL`]: urls.databaseUrl,
    [`${PREFIX}RABBITMQ_URL`]: urls.rabbitmqUrl,
    [`${PREFIX}RABBITMQ_MANAGEMENT_URL`]: urls.rabbitmqManagementUrl,
    [`${PREFIX}REDIS_URL`]: urls.redisUrl,
  };
}

function runNx(
  args: readonly string[],
  environment: NodeJS.ProcessEnv,
  { root, signal, onForcedEnd }: CommandContext,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(root, 'node_modules', '.bin', 'nx'), ...args, '--outputStyle=stream'], {
      cwd: root,
      // No background process, no terminal screen, no accounts.
      env: {
        ...environment,
        NX_DAEMON: 'false',
        NX_TUI: 'false',
        NX_NO_CLOUD: 'true',
        CI: environment['CI'] ?? 'true',
      },
      stdio: ['ignore', 'inherit', 'inherit'],
      detached: true,
    });
    const { pid = 0 } = child;
    const stop = (): void => void stopProcess(pid, { signal: 'SIGTERM', deadlineMs: 15_000 });
    const timer = setTimeout(stop, STEP_DEADLINE_MS);
    const forget = onForcedEnd(() => killProcess(pid));
    signal.addEventListener('abort', stop, { once: true });
    child.once('error', reject);
    child.once('exit', (code) => {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
      forget();
      resolve(code ?? 1);
    });
  });
}
