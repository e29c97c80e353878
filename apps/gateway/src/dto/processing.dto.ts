import { Optional, QueryId } from './decorators';

export class ProcessingQuery {
  /** Default: all runs. */
  @Optional()
  @QueryId()
  readonly runId?: number;
}

/** Detect tasks. */
export interface ProcessingResponse {
  readonly processing: number;
  readonly pending: number;
  readonly completed: number;
  readonly failed: number;
  readonly ratePerMinute: number;
  /** Null when nothing moves: no one can say. */
  readonly etaSeconds: number | null;
}
