import type { Cache } from '@pugmark/cache';
import {
  findRuns,
  inTransaction,
  recentlyFinishedByRun,
  runsThatMayHaveChanged,
  type DatabaseTransaction,
  type FeedSubject,
  type RunOverview,
} from '@pugmark/db';
import { Counter, Gauge, backgroundLoop, type BackgroundLoop, type Logger, type Registry } from '@pugmark/platform';
import type { FeedDependencies } from './feed.dependencies';
import { exportHasEnded } from '../exports/exports.dto';
import { incidentResponse } from '../incidents/incidents.dto';
import { runProgress } from '../runs/runs.dto';
import { liveExport } from '../exports/live-export';

export interface FeedWriterParts {
  readonly deps: Pick<FeedDependencies, 'db' | 'feed' | 'exports' | 'incidents'>;
  readonly cache: Cache;
}

const EVERY_MS = 1_000;
/** Their tasks are counted in one statement. */
const RUNS_AT_A_TIME = 100;
const NONE = { finished: 0, seconds: 0 };

/**
 * One look at the runs, exports and incidents that can have changed, and a row of the feed for each that did; answers how many, or null
 * when another process writes, or did so less than `everyMs` ago. All in one transaction: who dies in it has written nothing, and the
 * next look finds the same.
 */
export async function writeFeed({ deps, cache }: FeedWriterParts, everyMs: number): Promise<number | null> {
  return inTransaction(deps.db, async (tx) => {
    if (!(await deps.feed.beginRound(tx))) return null;
    const subjects = [
      ...(await incidentSubjects(tx, deps)),
      ...(await runSubjects(tx)),
      ...(await exportSubjects(tx, deps, cache)),
    ];
    const written = subjects.length === 0 ? 0 : await deps.feed.append(tx, subjects);
    await deps.feed.forget(tx);
    await deps.feed.endRound(tx, everyMs);
    return written;
  });
}

/** Any number of gateways may do this: one of them writes at a time. */
export function feedLoop({
  logger,
  metrics,
  everyMs = EVERY_MS,
  ...parts
}: FeedWriterParts & {
  readonly logger: Logger;
  readonly metrics: Registry;
  readonly everyMs?: number;
}): BackgroundLoop {
  const registers = [metrics];
  const rows = new Counter({
    name: 'pugmark_feed_rows_total',
    help: 'Rows that this gateway added to the feed',
    registers,
  });
  const lookedAt = new Gauge({
    name: 'pugmark_feed_checked_at',
    help: 'Unix time of the last look of this gateway at the feed that succeeded, be it that another one was writing',
    registers,
  });
  return backgroundLoop('write the feed', logger, async () => {
    rows.inc((await writeFeed(parts, everyMs)) ?? 0);
    lookedAt.setToCurrentTime();
    return everyMs;
  });
}

async function runSubjects(tx: DatabaseTransaction): Promise<FeedSubject[]> {
  const ids = await runsThatMayHaveChanged(tx);
  if (ids.length === 0) return [];
  const found: RunOverview[] = [];
  for (let from = 0; from < ids.length; from += RUNS_AT_A_TIME)
    found.push(...(await findRuns(tx, ids.slice(from, from + RUNS_AT_A_TIME))));
  const recent = await recentlyFinishedByRun(tx);
  return found.map((run) => {
    const data = runProgress(run, recent.get(run.id) ?? NONE);
    const ended = data.state === 'done' || data.state === 'cancelled';
    const moving = !ended && (run.growing || run.counts.queued + run.counts.running > 0 || data.ratePerMinute > 0);
    // The rate of the last minute fades when all is done.
    return {
      topic: 'run',
      subjectId: run.id,
      projectId: run.projectId,
      data,
      notNews: ended ? ['ratePerMinute', 'etaSeconds'] : [],
      ended,
      moving,
    };
  });
}

async function exportSubjects(
  tx: DatabaseTransaction,
  deps: Pick<FeedDependencies, 'exports'>,
  cache: Cache,
): Promise<FeedSubject[]> {
  const rows = await deps.exports.unannounced(tx);
  const responses = await Promise.all(rows.map((row) => liveExport(cache, row)));
  return responses.map((data) => ({
    topic: 'export',
    subjectId: data.id,
    projectId: data.projectId,
    data,
    ended: exportHasEnded(data.status),
    moving: false,
  }));
}

async function incidentSubjects(
  tx: DatabaseTransaction,
  deps: Pick<FeedDependencies, 'incidents'>,
): Promise<FeedSubject[]> {
  const rows = await deps.incidents.unannounced(tx);
  // That it was seen once more is no news.
  return rows.map((row) => ({
    topic: 'incident',
    subjectId: row.id,
    projectId: null,
    data: incidentResponse(row),
    notNews: ['seenAt'],
    ended: row.resolved_at !== null,
    moving: false,
  }));
}
