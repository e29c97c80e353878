import { setTimeout as delay } from 'node:timers/promises';
import { ApiError } from '@pugmark/client';
import { messageOf } from '@pugmark/domain';
import { InterruptedError, CommandError } from './command-error';

export interface WaitOptions {
  /** Completes the message 'waited N s for …'. */
  readonly what: string;
  readonly deadlineMs: number;
  readonly everyMs?: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Calls `ask` until it returns neither `undefined` nor `false`, and resolves with that value. A CommandError or
 * ApiError ends the wait; any other error means 'not yet' and is named when the deadline passes.
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
