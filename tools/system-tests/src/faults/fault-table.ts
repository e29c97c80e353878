import { formatTable } from '@pugmark/toolkit';
import type { FaultResult } from './fault';

const HEADINGS = ['fault', 'tasks', 'in flight', 'lost', 'doubled', 'failed', 'noticed', 'recovered', ''] as const;

/** Times in seconds, to a tenth. What is harmless is marked: its state was noticed, not a fault. */
export function faultTable(results: readonly FaultResult[]): string {
  const seconds = (value: number | null): string => (value === null ? '–' : `${value.toFixed(1)} s`);
  const rows = results.map((result) => [
    result.name,
    result.tasks,
    result.inFlight,
    result.lost,
    result.doubled,
    result.failed,
    seconds(result.noticedSeconds),
    seconds(result.recoveredSeconds),
    `${result.problems.length === 0 ? 'ok' : 'FAILED'}${result.harmless ? ', harmless' : ''}`,
  ]);
  return formatTable(rows, { headings: HEADINGS, rightAligned: [1, 2, 3, 4, 5, 6, 7] });
}
