/** An error that the user can act on: printed without a stack trace, then the process exits with `exitCode`. */
export class CommandError extends Error {
  constructor(
    message: string,
    readonly exitCode: number = 1,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'CommandError';
  }
}

/** An invalid command line; exit code 2. */
export class UsageError extends CommandError {
  constructor(message: string) {
    super(message, 2);
    this.name = 'UsageError';
  }
}

/** The user interrupted the command; exit code 130, as a shell reports SIGINT. */
export class InterruptedError extends CommandError {
  constructor() {
    super('interrupted', 130);
    this.name = 'InterruptedError';
  }
}
