import { join } from 'node:path';
import { messageOf } from '@pugmark/domain';
import {
  CommandError,
  formatTable,
  parseOptions,
  runAttachedCommand,
  UsageError,
  type CommandContext,
} from '@pugmark/toolkit';
import { bundlesNeededBy, findProjects, missingTargets, type Project } from './projects';
import { needsTensorflow, selectTests, serversNeededBy, type SelectedTests } from './select-tests';
import { startTestEnvironment, WHOLE_ENVIRONMENT, type TestEnvironment } from './test-environment';
import {
  describeSkippedTests,
  isGreen,
  NO_TESTS,
  readResults,
  removeResults,
  totalCounts,
  type StepResult,
} from './test-results';
import { selectStages, stepNames, type TestStep } from './test-steps';

const USAGE = 'npm test [-- --only STEP | [--project NAME]… [--file PATTERN] [--name PATTERN]]';
const STEP_DEADLINE_MS = 60 * 60_000;
const STOP_DEADLINE_MS = 15_000;
/** For selected tests, which run alone: integration tests mostly wait. */
const MORE_WORKERS = { PUGMARK_TEST_WORKERS: '3' };

/**
 * Runs tests. Without options: lint, format, types, unit tests, bundles, then the tests against real servers. With a
 * project, file or test name: only those tests, with only the servers that they need. The last line is the sum of all
 * tests.
 */
export async function testCommand(args: readonly string[], context: CommandContext): Promise<number> {
  const { only, project, file, name } = parseOptions('test', USAGE, args, {
    only: { type: 'string' },
    project: { type: 'string', multiple: true },
    file: { type: 'string' },
    name: { type: 'string' },
  });
  const isFiltered = project !== undefined || file !== undefined || name !== undefined;
  if (isFiltered && only !== undefined)
    throw new UsageError('test: --only excludes --project, --file and --name; usage: ' + USAGE);
  const projects = findProjects(context.root);
  const problems = missingTargets(projects);
  if (problems.length > 0) throw new CommandError(`tests that would never run:\n  ${problems.join('\n  ')}`);
  if (isFiltered) return runFiltered(selectTests(projects, { projects: project ?? [], file }), name, projects, context);
  return runStages(only, projects, context);
}

async function runStages(
  only: string | undefined,
  projects: readonly Project[],
  context: CommandContext,
): Promise<number> {
  const stages = selectStages(only);
  if (!stages) throw new UsageError(`test: no step '${only}'; steps: ${stepNames()}`);
  const steps = stages.flat(2);
  // Started now, concurrently with the steps that do not need it.
  const starting = steps.some(({ needsServers }) => needsServers)
    ? startTestEnvironment(WHOLE_ENVIRONMENT, context)
    : null;
  // The step that awaits it handles the error.
  starting?.catch(() => undefined);
  const results: StepResult[] = [];
  try {
    for (const lanes of stages)
      await allSettledOrThrow(
        lanes.map(async (lane) => {
          for (const step of lane) results.push(await runStep(step, starting, projects, context));
        }),
      );
  } finally {
    const environment = await starting?.catch(() => null);
    await environment?.stop();
  }
  return report(
    results,
    steps.some(({ suites }) => suites.length > 0),
    context,
  );
}

/** Waits for all, then throws the first error: all work must have ended before the servers are stopped. */
async function allSettledOrThrow(work: readonly Promise<void>[]): Promise<void> {
  const failed = (await Promise.allSettled(work)).find((result) => result.status === 'rejected');
  if (failed?.status === 'rejected') throw failed.reason;
}

async function runStep(
  step: TestStep,
  starting: Promise<TestEnvironment> | null,
  projects: readonly Project[],
  context: CommandContext,
): Promise<StepResult> {
  const environment = step.needsServers && starting !== null ? await starting : null;
  if (step.needsServers && environment?.problem != null)
    return {
      name: step.name,
      seconds: 0,
      ok: false,
      problem: `not run: ${environment.problem.split('\n')[0]}`,
      counts: NO_TESTS,
      skippedTests: [],
    };
  const nx = join(context.root, 'node_modules', '.bin', 'nx');
  const tested = projects.filter(({ name }) => step.includes(name));
  return measured(step.name, step.suites, tested, context, `nx ${step.nx.join(' ')}`, () =>
    runAttachedCommand({
      name: step.name,
      command: process.execPath,
      args: [nx, ...step.nx, '--outputStyle=stream'],
      cwd: context.root,
      env: {
        ...context.environment,
        ...environment?.variables,
        // No background process, no terminal screen, no accounts.
        NX_DAEMON: 'false',
        NX_TUI: 'false',
        NX_NO_CLOUD: 'true',
        CI: context.environment['CI'] ?? 'true',
      },
      deadlineMs: STEP_DEADLINE_MS,
      stopDeadlineMs: STOP_DEADLINE_MS,
      signal: context.signal,
      onForcedEnd: context.onForcedEnd,
    }),
  );
}

async function runFiltered(
  selected: readonly SelectedTests[],
  name: string | undefined,
  projects: readonly Project[],
  context: CommandContext,
): Promise<number> {
  await bundle(
    selected.flatMap(({ project, suite }) => bundlesNeededBy(project, suite, projects)),
    context,
  );
  const environment = await startTestEnvironment(
    { servers: serversNeededBy(selected, projects), tensorflow: needsTensorflow(selected, projects) },
    context,
  );
  const results: StepResult[] = [];
  try {
    if (environment.problem !== null) throw new CommandError(`no servers to test against: ${environment.problem}`);
    for (const tests of selected)
      results.push(await runJest(tests, name, { ...environment.variables, ...MORE_WORKERS }, context));
  } finally {
    await environment.stop();
  }
  return report(results, true, context);
}

async function bundle(folders: readonly string[], { root, environment, signal, onForcedEnd }: CommandContext) {
  if (folders.length === 0) return;
  const code = await runAttachedCommand({
    name: 'the bundler',
    command: process.execPath,
    args: [join(root, 'tools', 'workspace', 'bundle-stale.mjs'), ...new Set(folders)],
    cwd: root,
    env: environment,
    deadlineMs: STEP_DEADLINE_MS,
    stopDeadlineMs: STOP_DEADLINE_MS,
    signal,
    onForcedEnd,
  });
  if (code !== 0) throw new CommandError('the bundles that these tests need could not be made; the messages are above');
}

function runJest(
  { project, suite, files }: SelectedTests,
  name: string | undefined,
  variables: NodeJS.ProcessEnv,
  context: CommandContext,
): Promise<StepResult> {
  const { root, environment, signal, onForcedEnd } = context;
  return measured(`${project.name} ${suite}`, [suite], [project], context, `${project.name}: ${suite} tests`, () =>
    runAttachedCommand({
      name: 'Jest',
      command: process.execPath,
      args: [
        join(root, 'tools', 'workspace', 'jest', 'run.mjs'),
        suite,
        ...(name === undefined ? [] : ['--testNamePattern', name]),
        '--runTestsByPath',
        ...files.map((file) => join(root, file)),
      ],
      cwd: project.path,
      env: { ...environment, ...variables },
      deadlineMs: STEP_DEADLINE_MS,
      stopDeadlineMs: STOP_DEADLINE_MS,
      signal,
      onForcedEnd,
    }),
  );
}

/** Runs a program and reads the results that its suites wrote meanwhile. */
async function measured(
  name: string,
  suites: readonly string[],
  projects: readonly Project[],
  { log, signal }: CommandContext,
  title: string,
  run: () => Promise<number>,
): Promise<StepResult> {
  removeResults(projects, suites);
  log(`\n=== ${title}`);
  const began = performance.now();
  const elapsed = (): number => (performance.now() - began) / 1_000;
  try {
    const code = await run();
    const { skippedTests, ...counts } = readResults(projects, suites);
    return { name, seconds: elapsed(), ok: code === 0, counts, skippedTests };
  } catch (error) {
    if (signal.aborted) throw error;
    return { name, seconds: elapsed(), ok: false, problem: messageOf(error), counts: NO_TESTS, skippedTests: [] };
  }
}

function report(results: readonly StepResult[], mustHaveTests: boolean, { log }: CommandContext): number {
  const rows = results.map(({ name, seconds, ok, problem }) => [
    name,
    `${seconds.toFixed(0)} s  ${ok ? 'ok' : (problem ?? 'failed')}`,
  ]);
  log(`\n${formatTable(rows)}\n`);
  for (const line of describeSkippedTests(results)) log(line);
  const { passed, failed, skipped } = totalCounts(results);
  log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
  return isGreen(results, mustHaveTests) ? 0 : 1;
}
