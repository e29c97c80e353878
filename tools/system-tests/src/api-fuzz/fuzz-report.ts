/** The parts of Schemathesis's JSON report (`--report json`) that are used. */
export interface FuzzReport {
  /** Whether the run reached its end. */
  readonly complete: boolean;
  readonly operations: { readonly selected: number; readonly tested: number };
  readonly test_cases: { readonly generated: number; readonly errored: number };
  readonly failures: readonly {
    readonly title: string;
    readonly count: number;
    readonly operations: readonly string[];
  }[];
  readonly errors: readonly unknown[];
  readonly warnings: Readonly<Record<string, readonly string[]>>;
}

/** One line for each problem; empty when nothing was found. */
export function findings(report: FuzzReport): string[] {
  const { complete, operations, failures, errors, warnings } = report;
  return [
    ...failures.map(({ title, operations: where }) => `${title}: ${where.join(', ')}`),
    ...(errors.length === 0 ? [] : [`${errors.length} errors of the fuzzer itself`]),
    // An operation that was not tested is not known to be correct.
    ...(complete && operations.tested === operations.selected
      ? []
      : [`only ${operations.tested} of ${operations.selected} operations were tested`]),
    ...(warnings['missing_auth'] ?? []).map((where) => `no access: ${where}`),
    ...(warnings['rate_limited'] ?? []).map((where) => `rate limited: ${where}`),
  ];
}

/** Counts operations: those with a finding have failed. */
export function countsOf(
  report: FuzzReport,
  found: readonly string[],
): { readonly passed: number; readonly failed: number; readonly skipped: number } {
  const bad = new Set(report.failures.flatMap(({ operations }) => operations)).size;
  const failed = found.length === 0 ? 0 : Math.max(1, bad);
  return { passed: Math.max(0, report.operations.tested - failed), failed, skipped: 0 };
}
