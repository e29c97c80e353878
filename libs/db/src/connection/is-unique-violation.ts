/** Is the error the one of a row that stands already, 23505 unique_violation? Whoever asked for it first has it. */
export function isUniqueViolation(error: unknown): boolean {
  return (error as { code?: unknown } | null)?.code === '23505';
}
