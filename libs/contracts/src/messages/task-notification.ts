import { IsInt, IsOptional, IsPositive, Matches } from 'class-validator';

/**
 * The whole of every work message: a doorbell. It says which row of `tasks` has work and which attempt is meant; all else
 * stands in the row, so a lost, doubled or late message can neither lose nor repeat work.
 */
export class TaskNotification {
  @IsInt()
  @IsPositive()
  readonly taskId!: number;

  /** The attempt that this ring asks for: 1 for a task never tried. A claim of any other attempt finds nothing. */
  @IsInt()
  @IsPositive()
  readonly attempt!: number;

  /** W3C Trace Context header of the request that created the task; absent when it had none. */
  @IsOptional()
  @Matches(/^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/)
  readonly traceparent?: string;
}
