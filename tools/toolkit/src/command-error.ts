/** Something that a person can act on: printed as it stands, without a stack, then the launcher ends with `exitCode`. */
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

/** A command line that makes no sense; exit code 2. */
export class UsageError extends CommandError {
  constructor(message: string) {
    super(message, 2);
    this.name = 'UsageError';
  }
}

/** The user asked to end before the work was done; exit code 130, as a shell reports SIGINT. */
export class InterruptedError extends CommandError {
  constructor() {
    super('interrupted', 130);
    this.name = 'InterruptedError';
  }
}
