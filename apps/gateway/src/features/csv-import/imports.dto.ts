import { Description, Count, Flag, Integer, ListOf, OrNull, QueryBoolean, AnyText } from '../../http/dto/fields';

export class ImportQuery {
  @Description('Only report what would be done, and every invalid line.')
  @QueryBoolean()
  readonly dryRun: boolean = false;
}

/** An invalid line of the file. */
export class LineError {
  @Description('Counted from 1, which is the line of column names.')
  @Integer(1, Number.MAX_SAFE_INTEGER)
  readonly line!: number;

  @Description('Null: the line as a whole.')
  @OrNull()
  @AnyText()
  readonly column!: string | null;

  @AnyText()
  readonly message!: string;
}

/** Result of an import. After a dry run or with errors nothing was stored: then what would have been. */
export class ImportReport {
  @Flag()
  readonly dryRun!: boolean;

  @Count()
  readonly created!: number;

  @Count()
  readonly updated!: number;

  @Count()
  readonly unchanged!: number;

  @ListOf(LineError)
  readonly errors!: readonly LineError[];
}
