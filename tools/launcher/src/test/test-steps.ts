export interface TestStep {
  readonly name: string;
  /** Arguments of Nx. */
  readonly nx: readonly string[];
  /** Whether its tests need Postgres, RabbitMQ and Redis, and the native TensorFlow where there is one. */
  readonly needsServers: boolean;
  /** Names of the result files that its tests write. */
  readonly suites: readonly string[];
  /** Whether the step runs the tests of this project. */
  readonly includes: (project: string) => boolean;
}

interface StepOptions {
  readonly parallel?: number;
  readonly needsServers?: boolean;
  /** Only these projects. */
  readonly only?: readonly string[];
  /** All projects but these. */
  readonly except?: readonly string[];
}

const SUITES: Readonly<Record<string, string>> = {
  test: 'unit',
  'int-test': 'integration',
  e2e: 'e2e',
  'fault-test': 'faults',
  'api-fuzz': 'api-fuzz',
};

function step(
  name: string,
  targets: readonly string[],
  { parallel = 1, needsServers = false, only, except }: StepOptions = {},
): TestStep {
  return {
    name,
    nx: [
      ...['run-many', '-t', ...targets, `--parallel=${parallel}`],
      ...(only === undefined ? [] : [`--projects=${only.join(',')}`]),
      ...(except === undefined ? [] : [`--exclude=${except.join(',')}`]),
    ],
    needsServers,
    suites: targets.flatMap((target) => SUITES[target] ?? []),
    includes: (project) => only?.includes(project) ?? except?.includes(project) !== true,
  };
}

/** Lint and types of the whole workspace: one process each is faster than one per project when nothing is cached. */
const CHECKS = ['lint-workspace', 'typecheck-workspace', 'format', 'test', 'build'];

const LAUNCHER = '@pugmark/launcher';
/** The projects whose integration tests keep the processor busy; those of the others mostly wait. */
const BUSY = ['@pugmark/gateway', '@pugmark/db'];
const INT_TEST_BUSY = step('int-test:busy', ['int-test'], { needsServers: true, only: BUSY });
const INT_TEST_OTHERS = step('int-test:others', ['int-test'], { needsServers: true, except: [...BUSY, LAUNCHER] });
/** Starts and kills servers of its own. */
const INT_TEST_LAUNCHER = step('int-test:launcher', ['int-test'], { only: [LAUNCHER] });
const E2E = step('e2e', ['e2e'], { needsServers: true });
const API_FUZZ = step('api-fuzz', ['api-fuzz'], { needsServers: true });
/** Starts servers of its own, because it restarts and starves them. */
const FAULT_TEST = step('fault-test', ['fault-test']);

/**
 * What `npm test` runs: stages in sequence; the lanes of a stage concurrently; the steps of a lane in sequence.
 * Tests that mostly wait run next to others: those of the launcher for servers, the fault tests for deadlines.
 */
export const STAGES: readonly (readonly (readonly TestStep[])[])[] = [
  [[step('check', CHECKS, { parallel: 2 })]],
  [[INT_TEST_BUSY], [INT_TEST_OTHERS], [INT_TEST_LAUNCHER, API_FUZZ]],
  [[E2E], [FAULT_TEST]],
];

/** Steps that `--only` takes besides those of the stages: the parts of `check`. */
const PARTS: readonly TestStep[] = CHECKS.map((target) => step(target, [target], { parallel: 2 }));

const ALL: readonly TestStep[] = [...STAGES.flat(2), ...PARTS];

/** All stages, or one of the named step and its parts (`int-test` of `int-test:busy`); undefined if there is none. */
export function selectStages(only: string | undefined): typeof STAGES | undefined {
  if (only === undefined) return STAGES;
  const found = ALL.filter(({ name }) => name === only || name.startsWith(`${only}:`));
  return found.length === 0 ? undefined : [[found]];
}

export function stepNames(): string {
  return ALL.map(({ name }) => name).join(', ');
}
