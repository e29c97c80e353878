/** Base of the three kinds of error, with a stable `code` for programs and a message that a person can act on. */
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

/** An error that may not recur: a dependency was down, a file was busy. */
export class RetryableError extends CodedError {}

/** An error that recurs however often it is retried: a file that is not an image, a folder outside the allowed root. */
export class PermanentError extends CodedError {}

/**
 * An error after which the process cannot continue: a bad setting, a model that does not load. The process ends, and
 * its supervisor decides.
 */
export class FatalError extends CodedError {}

/** The message of any thrown value. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
