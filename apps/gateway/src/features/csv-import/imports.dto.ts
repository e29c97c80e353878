import { About, Count, Flag, Integer, ListOf, OrNull, QueryBoolean, Words } from '../../http/dto/fields';

export class ImportQuery {
  @About('Only say what would be done, and every line that is at fault.')
  @QueryBoolean()
  readonly dryRun: boolean = false;
}

/** A line of the file that cannot be taken. */
export class LineFault {
  @About('Counted from 1, the one with the names of the columns.')
  @Integer(1, Number.MAX_SAFE_INTEGER)
  readonly line!: number;

  @About('Null: the line as a whole.')
  @OrNull()
  @Words()
  readonly column!: string | null;

  @Words()
  readonly message!: string;
}

/** What an import did or, as a dry run or with faults, would have done: then nothing was stored. */
export class ImportReport {
  @Flag()
  readonly dryRun!: boolean;

  @Count()
  readonly created!: number;

  @Count()
  readonly updated!: number;

  @Count()
  readonly unchanged!: number;

  @ListOf(LineFault)
  readonly faults!: readonly LineFault[];
}
