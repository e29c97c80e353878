import type { Progress } from '@pugmark/toolkit';
import type { Ingest, Run } from '../api/api-client';

/** The last known state of one folder's ingest and run. */
export interface Work {
  readonly ingest: Ingest;
  /** null until the ingest has a run. */
  readonly run: Run | null;
}

/** Output of `--json`. */
export interface DemoResult {
  readonly images: number;
  readonly blanks: number;
  readonly animals: number;
  readonly people: number;
  readonly vehicles: number;
  readonly failed: number;
  readonly truncated: number;
  readonly duplicates: number;
  readonly skipped: number;
  /** From the request for the first ingest to the end of the last run. */
  readonly seconds: number;
  readonly imagesPerMinute: number;
  readonly engine: string;
}

const SUMMED = ['images', 'blanks', 'animals', 'people', 'vehicles', 'failed', 'truncated'] as const;

export function demoResult(works: readonly Work[], seconds: number): DemoResult {
  const summary = Object.fromEntries(
    SUMMED.map((key) => [key, sum(works, ({ run }) => run?.summary[key] ?? 0)]),
  ) as Pick<DemoResult, (typeof SUMMED)[number]>;
  return {
    ...summary,
    duplicates: sum(works, ({ ingest }) => ingest.duplicates),
    skipped: sum(works, ({ ingest }) => ingest.skipped),
    seconds: round(seconds),
    imagesPerMinute: seconds > 0 ? round((summary.images * 60) / seconds) : 0,
    engine: [...new Set(works.flatMap(({ run }) => run?.engines ?? []))].sort().join(', '),
  };
}

export function demoProgress(works: readonly Work[]): Progress {
  const etas = works.map(({ run }) => (run?.state === 'done' ? 0 : (run?.etaSeconds ?? null)));
  const scanning = works.some(({ ingest }) => ingest.state !== 'done');
  return {
    done: sum(works, ({ run }) => ended(run)),
    total: sum(works, ({ run }) => run?.counts.total ?? 0),
    ratePerMinute: sum(works, ({ run }) => run?.ratePerMinute ?? 0),
    etaSeconds: scanning || etas.some((eta) => eta === null) ? null : Math.max(0, ...etas.map(Number)),
  };
}

/** Returns a text that changes whenever any work makes progress. */
export function movement(works: readonly Work[]): string {
  return JSON.stringify(
    works.map(({ ingest, run }) => [
      ingest.state,
      ingest.filesSeen,
      ingest.imagesAdded,
      run?.state,
      run?.counts.running,
      ended(run),
    ]),
  );
}

export function isOver({ ingest, run }: Work): boolean {
  return (
    ingest.state === 'done' &&
    (ingest.runId === null || (run !== null && run.state !== 'active' && run.state !== 'paused'))
  );
}

/** Describes what the unfinished work waits for. */
export function waitingFor(works: readonly Work[]): string {
  return works
    .filter((work) => !isOver(work))
    .map(({ ingest, run }) => {
      if (run === null) return `ingest ${ingest.id} (${ingest.state}, ${ingest.filesSeen} files seen)`;
      const { waiting, queued, running } = run.counts;
      const paused = run.state === 'paused' ? 'paused, ' : '';
      return `run ${run.id} (${paused}${waiting} waiting, ${queued} queued, ${running} running)`;
    })
    .join(' and ');
}

function ended(run: Run | null): number {
  return run === null ? 0 : run.counts.done + run.counts.failed + run.counts.cancelled;
}

function sum(works: readonly Work[], value: (work: Work) => number): number {
  return works.reduce((total, work) => total + value(work), 0);
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
