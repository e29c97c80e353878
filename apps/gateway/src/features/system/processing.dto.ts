import type { RecentlyFinished } from '@pugmark/db';
import { etaSeconds, ratePerMinute } from '@pugmark/domain';
import { About, Amount, Count, MayBeAbsent, OrNull, QueryId } from '../../http/dto/fields';

export class ProcessingQuery {
  @About('Default: all runs.')
  @MayBeAbsent()
  @QueryId()
  readonly runId?: number;
}

/** How fast work gets done, over the last minute. */
export class ProgressResponse {
  @Amount()
  readonly ratePerMinute!: number;

  @About('Null when nothing moves: no one can say.')
  @OrNull()
  @Count()
  readonly etaSeconds!: number | null;
}

/** Detect tasks. */
export class ProcessingResponse extends ProgressResponse {
  @Count()
  readonly processing!: number;

  @Count()
  readonly pending!: number;

  @Count()
  readonly completed!: number;

  @Count()
  readonly failed!: number;
}

/** Pictures a minute, to a tenth, and seconds to go; `remaining` null: no one can say. */
export function progressResponse({ finished, seconds }: RecentlyFinished, remaining: number | null): ProgressResponse {
  const rate = ratePerMinute(finished, seconds);
  return {
    ratePerMinute: Math.round(rate * 10) / 10,
    etaSeconds: remaining === null ? null : etaSeconds(remaining, rate),
  };
}
