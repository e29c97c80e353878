import type { Cache } from '@pugmark/cache';
import {
  findRuns,
  inTransaction,
  countRecentlyFinishedByRun,
  findChangedRuns,
  type DatabaseTransaction,
  type FeedSubject,
  type RunOverview,
} from '@pugmark/db';
import { Counter, Gauge, backgroundLoop, type BackgroundLoop, type Logger, type Registry } from '@pugmark/platform';
import type { FeedDependencies } from './feed.dependencies';
import { bulkChangeHasEnded, bulkChangeResponse } from '../bulk-changes/bulk-changes.dto';
import { exportHasEnded } from '../exports/exports.dto';
import { incidentResponse } from '../incidents/incidents.dto';
import { runProgress } from '../runs/runs.dto';
import { liveExport } from '../exports/live-export';

export interface FeedWriterDependencies {
  readonly deps: Pick<FeedDependencies, 'db' | 'feed' | 'exports' | 'bulkChanges' | 'incidents'>;
  readonly cache: Cache;
}

const EVERY_MS = 1_000;
/** Runs whose tasks are counted in one statement. */
const RUN_BATCH = 100;
const NO_FINISHED_TASKS = { finished: 0, seconds: 0 };

/**
 * Checks the runs, exports, bulk changes and incidents that may have changed and appends a feed row for each that did;
 * returns their number, or null when another process is writing or wrote less than `everyMs` ago. Runs in one
 * transaction: a crash writes nothing, and the next round finds the same changes.
 */
export async function writeFeed({ deps, cache }: FeedWriterDependencies, everyMs: number): Promise<number | null> {
  return inTransaction(deps.db, async (tx) => {
    if (!(await deps.feed.beginScan(tx))) return null;
    const subjects = [
      ...(await incidentSubjects(tx, deps)),
      ...(await runSubjects(tx)),
      ...(await exportSubjects(tx, deps, cache)),
      ...(await bulkChangeSubjects(tx, deps)),
    ];
    const written = subjects.length === 0 ? 0 : await deps.feed.append(tx, subjects);
    await deps.feed.deleteExpired(tx);
    await deps.feed.endScan(tx, everyMs);
    return written;
  });
}

/** Any number of gateways may run this loop: one of them writes at a time. */
export function feedLoop({
  logger,
  metrics,
  everyMs = EVERY_MS,
  ...parts
}: FeedWriterDependencies & {
  readonly logger: Logger;
  readonly metrics: Registry;
  readonly everyMs?: number;
}): BackgroundLoop {
  const registers = [metrics];
  const rows = new Counter({
    name: 'pugmark_feed_rows_total',
    help: 'Rows that this gateway appended to the feed',
    registers,
  });
  const checkedAt = new Gauge({
    name: 'pugmark_feed_checked_at',
    help: "Unix time of this gateway's last successful feed round, also when another gateway was writing",
    registers,
  });
  return backgroundLoop('write the feed', logger, async () => {
    rows.inc((await writeFeed(parts, everyMs)) ?? 0);
    checkedAt.setToCurrentTime();
    return everyMs;
  });
}

async function runSubjects(tx: DatabaseTransaction): Promise<FeedSubject[]> {
  const ids = await findChangedRuns(tx);
  if (ids.length === 0) return [];
  const found: RunOverview[] = [];
  for (let from = 0; from < ids.length; from += RUN_BATCH)
    found.push(...(await findRuns(tx, ids.slice(from, from + RUN_BATCH))));
  const recent = await countRecentlyFinishedByRun(tx);
  return found.map((run) => {
    const data = runProgress(run, recent.get(run.id) ?? NO_FINISHED_TASKS);
    const ended = data.state === 'done' || data.state === 'cancelled';
    const recheck = !ended && (run.growing || run.counts.queued + run.counts.running > 0 || data.ratePerMinute > 0);
    // The rate of the last minute decays to 0 when everything is done.
    return {
      topic: 'run',
      subjectId: run.id,
      projectId: run.projectId,
      data,
      ignoredFields: ended ? ['ratePerMinute', 'etaSeconds'] : [],
      ended,
      recheck,
    };
  });
}

async function exportSubjects(
  tx: DatabaseTransaction,
  deps: Pick<FeedDependencies, 'exports'>,
  cache: Cache,
): Promise<FeedSubject[]> {
  const rows = await deps.exports.listFeedPending(tx);
  const responses = await Promise.all(rows.map((row) => liveExport(cache, row)));
  return responses.map((data) => ({
    topic: 'export',
    subjectId: data.id,
    projectId: data.projectId,
    data,
    ended: exportHasEnded(data.status),
    recheck: false,
  }));
}

async function bulkChangeSubjects(
  tx: DatabaseTransaction,
  deps: Pick<FeedDependencies, 'bulkChanges'>,
): Promise<FeedSubject[]> {
  const rows = await deps.bulkChanges.listFeedPending(tx);
  return rows.map(bulkChangeResponse).map((data) => ({
    topic: 'bulk_change',
    subjectId: data.id,
    projectId: data.projectId,
    data,
    ended: bulkChangeHasEnded(data.status),
    recheck: false,
  }));
}

async function incidentSubjects(
  tx: DatabaseTransaction,
  deps: Pick<FeedDependencies, 'incidents'>,
): Promise<FeedSubject[]> {
  const rows = await deps.incidents.listFeedPending(tx);
  // A repeated detection is no change.
  return rows.map((row) => ({
    topic: 'incident',
    subjectId: row.id,
    projectId: null,
    data: incidentResponse(row),
    ignoredFields: ['seenAt'],
    ended: row.resolved_at !== null,
    recheck: false,
  }));
}
