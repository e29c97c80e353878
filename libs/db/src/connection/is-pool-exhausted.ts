/** Whether the error means that no connection of the pool became free in time. pg-pool has no code for it. */
export function isPoolExhausted(error: unknown): boolean {
  return error instanceof Error && error.message === 'timeout exceeded when trying to connect';
}
