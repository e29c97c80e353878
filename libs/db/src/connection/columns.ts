import type { ColumnType, GeneratedAlways } from 'kysely';

/** An identity column: numbered by the database. */
export type Id = GeneratedAlways<number>;

/** Set by the database when the row is inserted. */
export type CreatedAt = ColumnType<Date, never, never>;

/** A local time without a zone, `YYYY-MM-DDTHH:mm:ss`. */
export type WallClock = string;
