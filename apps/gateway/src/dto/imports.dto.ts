import { QueryBoolean } from './decorators';

export class ImportQuery {
  /** Only say what would be done, and every line that is at fault. */
  @QueryBoolean()
  readonly dryRun: boolean = false;
}

/** A line of the file that cannot be taken. Lines are counted from 1, the one with the names of the columns. */
export interface LineFault {
  readonly line: number;
  /** Null: the line as a whole. */
  readonly column: string | null;
  readonly message: string;
}

/** What an import did or, as a dry run or with faults, would have done: then nothing was stored. */
export interface ImportReport {
  readonly dryRun: boolean;
  readonly created: number;
  readonly updated: number;
  readonly unchanged: number;
  readonly faults: readonly LineFault[];
}
