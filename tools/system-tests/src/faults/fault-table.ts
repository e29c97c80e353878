import type { FaultResult } from './fault';

const HEADS = ['fault', 'tasks', 'in flight', 'lost', 'doubled', 'noticed', 'recovered', ''] as const;

/** Times in seconds, to a tenth. */
export function faultTable(results: readonly FaultResult[]): string {
  const seconds = (value: number | null): string => (value === null ? '–' : `${value.toFixed(1)} s`);
  const rows = results.map(({ name, tasks, inFlight, lost, doubled, noticedSeconds, recoveredSeconds, problems }) => [
    name,
    String(tasks),
    String(inFlight),
    String(lost),
    String(doubled),
    seconds(noticedSeconds),
    seconds(recoveredSeconds),
    problems.length === 0 ? 'ok' : 'FAILED',
  ]);
  const widths = HEADS.map((head, column) => Math.max(head.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    `  ${cells.map((cell, column) => (column === 0 || column === HEADS.length - 1 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0))).join('  ')}`.trimEnd();
  return [line(HEADS), ...rows.map(line)].join('\n');
}
