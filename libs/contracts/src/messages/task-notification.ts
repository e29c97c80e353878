import { IsInt, IsOptional, IsPositive, Matches } from 'class-validator';

/**
 * Notification that a task has work: the complete payload of every work message. Names the row of `tasks` and the
 * attempt; everything else is in the row, so a lost, duplicated or late message can neither lose nor repeat work.
 */
export class TaskNotification {
  @IsInt()
  @IsPositive()
  readonly taskId!: number;

  /** The attempt to claim: 1 for a task that was never tried. A claim of any other attempt finds nothing. */
  @IsInt()
  @IsPositive()
  readonly attempt!: number;

  /** W3C Trace Context header of the request that created the task; absent when there was none. */
  @IsOptional()
  @Matches(/^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/)
  readonly traceparent?: string;
}
