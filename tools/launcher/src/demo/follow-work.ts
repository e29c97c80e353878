import { setTimeout as delay } from 'node:timers/promises';
import { ApiError } from '@pugmark/client';
import { messageOf } from '@pugmark/domain';
import { InterruptedError, CommandError, formatProgress, type Terminal } from '@pugmark/toolkit';
import type { ApiClient } from '../api/api-client';
import { demoProgress, isOver, movement, waitingFor, type Work } from './totals';

export interface FollowOptions {
  readonly api: Pick<ApiClient, 'ingest' | 'run'>;
  readonly ingests: readonly number[];
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
  /** Throws when waiting is pointless, for example because a service keeps failing. */
  readonly check: () => void;
  readonly pollEveryMs?: number;
  readonly printEveryMs?: number;
  readonly maxStandstillMs?: number;
}

/**
 * Shows the progress until all work has ended. Throws, naming what it waits for, when nothing changes for
 * `maxStandstillMs`.
 */
export async function followWork(options: FollowOptions): Promise<readonly Work[]> {
  const { api, terminal, signal, pollEveryMs = 400, printEveryMs = 3_000, maxStandstillMs = 5 * 60_000 } = options;
  let works: readonly Work[] = [];
  let lastMove = performance.now();
  let lastPrinted = lastMove;
  let lastProblem = '';
  while (!signal.aborted) {
    options.check();
    const before = movement(works);
    try {
      works = await Promise.all(options.ingests.map((id) => readWork(api, id)));
      lastProblem = '';
    } catch (error) {
      // The gateway may be restarting; only a standstill ends the wait.
      if (!(error instanceof ApiError)) throw error;
      lastProblem = ` (last answer: ${messageOf(error)})`;
    }
    requireNoneFailed(works);
    const now = performance.now();
    if (movement(works) !== before) lastMove = now;
    if (works.length > 0 && works.every(isOver)) {
      terminal.progress('');
      return works;
    }
    if (now - lastMove > maxStandstillMs) {
      const what = works.length === 0 ? 'the first answer of the API' : waitingFor(works);
      throw new CommandError(
        `nothing has changed for ${Math.round(maxStandstillMs / 60_000)} minutes; ` +
          `waiting for ${what}${lastProblem}; see the logs`,
      );
    }
    const line = formatProgress(demoProgress(works));
    terminal.progress(line);
    if (!terminal.isInteractive && now - lastPrinted >= printEveryMs) {
      lastPrinted = now;
      terminal.line(line);
    }
    await delay(pollEveryMs, undefined, { signal }).catch(() => undefined);
  }
  throw new InterruptedError();
}

async function readWork(api: FollowOptions['api'], id: number): Promise<Work> {
  const ingest = await api.ingest(id);
  return { ingest, run: ingest.runId === null ? null : await api.run(ingest.runId) };
}

function requireNoneFailed(works: readonly Work[]): void {
  const bad = works.find(({ ingest }) => ingest.state === 'failed' || ingest.state === 'cancelled');
  if (bad)
    throw new CommandError(
      `ingest ${bad.ingest.id} ${bad.ingest.state}${bad.ingest.error === null ? '' : `: ${bad.ingest.error.message}`}`,
    );
}
