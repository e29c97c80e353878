import { About, Amount, Count, MayBeAbsent, OrNull, QueryId } from './fields';

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
