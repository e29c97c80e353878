/** Whether the error is 23505 unique_violation: a row with the same key exists. */
export function isUniqueViolation(error: unknown): boolean {
  return (error as { code?: unknown } | null)?.code === '23505';
}
