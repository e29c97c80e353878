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
  /** Throws when there is no hope left, say because a service keeps ending. */
  readonly check: () => void;
  readonly lookEveryMs?: number;
  readonly tellEveryMs?: number;
  readonly stillForMs?: number;
}

/** Shows how the work goes until all of it is over. Nothing moving for `stillForMs` is an error that says what is waited for. */
export async function followWork(options: FollowOptions): Promise<readonly Work[]> {
  const { api, terminal, signal, lookEveryMs = 400, tellEveryMs = 3_000, stillForMs = 5 * 60_000 } = options;
  let works: readonly Work[] = [];
  let lastMove = performance.now();
  let lastTold = lastMove;
  let lastTrouble = '';
  while (!signal.aborted) {
    options.check();
    const before = movement(works);
    try {
      works = await Promise.all(options.ingests.map((id) => look(api, id)));
      lastTrouble = '';
    } catch (error) {
      // The gateway may be restarting; only a standstill ends the wait.
      if (!(error instanceof ApiError)) throw error;
      lastTrouble = ` (last answer: ${messageOf(error)})`;
    }
    requireNoneFailed(works);
    const now = performance.now();
    if (movement(works) !== before) lastMove = now;
    if (works.length > 0 && works.every(isOver)) {
      terminal.progress('');
      return works;
    }
    if (now - lastMove > stillForMs) {
      const what = works.length === 0 ? 'the first answer of the API' : waitingFor(works);
      throw new CommandError(
        `nothing has moved for ${Math.round(stillForMs / 60_000)} minutes; waiting for ${what}${lastTrouble}; see the logs`,
      );
    }
    const line = formatProgress(demoProgress(works));
    terminal.progress(line);
    if (!terminal.isInteractive && now - lastTold >= tellEveryMs) {
      lastTold = now;
      terminal.line(line);
    }
    await delay(lookEveryMs, undefined, { signal }).catch(() => undefined);
  }
  throw new InterruptedError();
}

async function look(api: FollowOptions['api'], id: number): Promise<Work> {
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
