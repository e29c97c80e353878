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
  /** Only this project. */
  readonly only?: string;
  /** All projects but this one. */
  readonly except?: string;
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
      ...(only === undefined ? [] : [`--projects=${only}`]),
      ...(except === undefined ? [] : [`--exclude=${except}`]),
    ],
    needsServers,
    suites: targets.flatMap((target) => SUITES[target] ?? []),
    includes: (project) => (only === undefined || project === only) && project !== except,
  };
}

const LAUNCHER = '@pugmark/launcher';
const INT_TEST = step('int-test', ['int-test'], { needsServers: true, except: LAUNCHER });
/** Starts and kills servers of its own. */
const LAUNCHER_TEST = step('launcher-test', ['int-test'], { only: LAUNCHER });
const E2E = step('e2e', ['e2e'], { needsServers: true });
const API_FUZZ = step('api-fuzz', ['api-fuzz'], { needsServers: true });
/** Starts servers of its own, because it restarts and starves them. */
const FAULT_TEST = step('fault-test', ['fault-test']);

/**
 * What `npm test` runs: stages in sequence; the lanes of a stage concurrently; the steps of a lane in sequence.
 * Tests that mostly wait run next to others: those of the launcher for servers, the fault tests for deadlines.
 */
export const STAGES: readonly (readonly (readonly TestStep[])[])[] = [
  [[step('check', ['lint', 'format', 'typecheck', 'test', 'build'], { parallel: 2 })]],
  [[INT_TEST], [LAUNCHER_TEST]],
  [[FAULT_TEST], [E2E, API_FUZZ]],
];

/** Steps that `--only` takes besides those of the stages: the parts of `check`. */
const PARTS: readonly TestStep[] = ['lint', 'format', 'typecheck', 'test', 'build'].map((target) =>
  step(target, [target], { parallel: 2 }),
);

const ALL: readonly TestStep[] = [...STAGES.flat(2), ...PARTS];

/** All stages, or one that consists of the named step; undefined when there is no such step. */
export function selectStages(only: string | undefined): typeof STAGES | undefined {
  if (only === undefined) return STAGES;
  const found = ALL.find(({ name }) => name === only);
  return found && [[[found]]];
}

export function stepNames(): string {
  return ALL.map(({ name }) => name).join(', ');
}
