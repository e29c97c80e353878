/**
 * The three kinds of error. Each carries a `code` (stable, for programs) and a message that a person can act on.
 */
abstract class CodedError extends Error {
  constructor(
    readonly code: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** May go well next time: a dependency was away, a file was busy. */
export class RetryableError extends CodedError {}

/** Will never go well as it stands: a file that is no picture, a folder outside the allowed root. */
export class PermanentError extends CodedError {}

/** The process cannot go on: a bad setting, a model that does not load. It ends, and its supervisor decides. */
export class FatalError extends CodedError {}

/** The text of anything thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
