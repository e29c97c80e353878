import { formatTable } from '@pugmark/toolkit';
import type { FaultResult } from './fault';

const HEADINGS = ['fault', 'tasks', 'in flight', 'lost', 'doubled', 'noticed', 'recovered', ''] as const;

/** Times in seconds, to a tenth. */
export function faultTable(results: readonly FaultResult[]): string {
  const seconds = (value: number | null): string => (value === null ? '–' : `${value.toFixed(1)} s`);
  const rows = results.map(({ name, tasks, inFlight, lost, doubled, noticedSeconds, recoveredSeconds, problems }) => [
    name,
    tasks,
    inFlight,
    lost,
    doubled,
    seconds(noticedSeconds),
    seconds(recoveredSeconds),
    problems.length === 0 ? 'ok' : 'FAILED',
  ]);
  return formatTable(rows, { headings: HEADINGS, rightAligned: [1, 2, 3, 4, 5, 6] });
}
