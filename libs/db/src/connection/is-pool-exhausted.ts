/** Is the error the one of waiting in vain for one of the pool's connections, all of which were in use? pg-pool has no code for it. */
export function isPoolExhausted(error: unknown): boolean {
  return error instanceof Error && error.message === 'timeout exceeded when trying to connect';
}
