import { setTimeout as delay } from 'node:timers/promises';
import { ApiError } from '@pugmark/client';
import { messageOf } from '@pugmark/domain';
import { InterruptedError, CommandError } from './command-error';

export interface WaitOptions {
  /** Ends the sentence 'waited N s for …'. */
  readonly what: string;
  readonly deadlineMs: number;
  readonly everyMs?: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Asks again and again until the answer is neither `undefined` nor `false`, and returns it. A thrown CommandError or ApiError ends the wait; any other
 * error counts as 'not yet', and is named when the deadline passes.
 */
export async function waitUntil<T>(
  ask: () => T | Promise<T>,
  options: WaitOptions,
): Promise<Exclude<T, undefined | false>> {
  const end = performance.now() + options.deadlineMs;
  let last = '';
  for (;;) {
    if (options.signal?.aborted) throw new InterruptedError();
    try {
      const answer = await ask();
      if (answer !== undefined && answer !== false) return answer as Exclude<T, undefined | false>;
    } catch (error) {
      if (error instanceof CommandError || error instanceof ApiError) throw error;
      last = messageOf(error);
    }
    if (performance.now() > end) {
      const seconds = Math.round(options.deadlineMs / 1000);
      throw new CommandError(`waited ${seconds} s for ${options.what}${last === '' ? '' : ` (last: ${last})`}`);
    }
    await delay(options.everyMs ?? 100, undefined, options.signal ? { signal: options.signal } : {}).catch(
      () => undefined,
    );
  }
}
