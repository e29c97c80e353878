export interface TestStep {
  readonly name: string;
  readonly nx: readonly string[];
  /** Whether its tests talk to the servers. */
  readonly needsServices: boolean;
  readonly hasTests: boolean;
}

const step = (name: string, targets: readonly string[], needsServices: boolean, ...more: string[]): TestStep => ({
  name,
  nx: ['run-many', '-t', ...targets, ...more],
  needsServices,
  hasTests: targets.some((target) => ['test', 'int-test', 'e2e', 'api-fuzz'].includes(target)),
});

/** What `npm test` does, in this order. */
export const STEPS: readonly TestStep[] = [
  step('check', ['lint', 'typecheck', 'test', 'build'], false, '--parallel=2'),
  step('int-test', ['int-test'], true, '--parallel=1'),
  step('e2e', ['e2e'], true, '--parallel=1'),
  step('api-fuzz', ['api-fuzz'], true),
];

/** What `--only` takes besides the steps' own names: the parts of `check`. */
const PARTS: readonly TestStep[] = ['lint', 'typecheck', 'test', 'build'].map((target) =>
  step(target, [target], false, '--parallel=2'),
);

/** undefined when there is no such step. */
export function selectSteps(only: string | undefined): readonly TestStep[] | undefined {
  if (only === undefined) return STEPS;
  const found = [...STEPS, ...PARTS].find(({ name }) => name === only);
  return found && [found];
}

export function stepNames(): string {
  return [...STEPS, ...PARTS].map(({ name }) => name).join(', ');
}
