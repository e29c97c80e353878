import type { RecentlyFinished } from '@pugmark/db';
import { etaSeconds, ratePerMinute } from '@pugmark/domain';
import { Description, AnyNumber, Count, OptionalNotNull, OrNull, QueryId } from '../../http/dto/fields';

export class ProcessingQuery {
  @Description('Default: all runs.')
  @OptionalNotNull()
  @QueryId()
  readonly runId?: number;
}

/** Rate of progress, over the last minute. */
export class ProgressResponse {
  @AnyNumber()
  readonly ratePerMinute!: number;

  @Description('Null when there is no progress to estimate from.')
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

/** Images per minute, to a tenth, and seconds left; `remaining` null: unknown. */
export function progressResponse({ finished, seconds }: RecentlyFinished, remaining: number | null): ProgressResponse {
  const rate = ratePerMinute(finished, seconds);
  return {
    ratePerMinute: Math.round(rate * 10) / 10,
    etaSeconds: remaining === null ? null : etaSeconds(remaining, rate),
  };
}
