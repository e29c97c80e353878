import { sql } from 'kysely';
import type { Executor } from '../connection/database';

/** Values for columns that do not accept the generated ones: SQL by `table.column`. */
const VALUES_BY_COLUMN: Readonly<Record<string, string>> = {
  'deployments.ends_at': `now() + interval '1 day'`,
  'deployments.timezone': `'Europe/Berlin'`,
  'feed.subject_id': `(select count(*) from feed)`,
};

/** Generates a value of a type, different for each `n`. */
const VALUES_BY_TYPE: Readonly<Record<string, (n: number) => string>> = {
  text: (n) => `'text ${n}'`,
  bytea: (n) => `'\\x${n.toString(16).padStart(8, '0')}'`,
  int2: () => '1',
  int4: () => '1',
  int8: () => '1',
  float4: () => '0.5',
  float8: () => '0.5',
  bool: () => 'true',
  timestamp: () => `timestamp '2026-03-29 02:30'`,
  timestamptz: () => 'now()',
  date: () => `date '2026-03-29'`,
  uuid: (n) => `'00000000-0000-0000-0000-${String(n).padStart(12, '0')}'`,
  jsonb: () => `'{}'`,
  tsvector: (n) => `'text${n}'`,
  _text: () => `'{a,b}'`,
  _int8: () => `'{1,2}'`,
};

interface Column {
  readonly table: string;
  readonly name: string;
  readonly type: string;
  readonly required: boolean;
  /** The referenced table and column. */
  readonly target: string | null;
  readonly targetColumn: string | null;
  /** The values that a check of this column allows, if it lists them. */
  readonly allowed: readonly string[] | null;
}

/**
 * Inserts two rows into every empty table, generated from the catalogue: one with required columns only, one with all
 * columns. Throws, with the statement, if a table rejects them: VALUES_BY_COLUMN must then contain a valid value.
 */
export async function seedEmptyTables(db: Executor): Promise<void> {
  const columns = await columnsOf(db);
  let left = [...new Set(columns.map(({ table }) => table))];
  const full = new Set<string>();
  for (const table of left) if ((await countRows(db, table)) > 0) full.add(table);
  left = left.filter((table) => !full.has(table));
  let n = 0;
  while (left.length > 0) {
    const ready = left.find((table) =>
      columns.every(
        (column) =>
          column.table !== table ||
          column.target === null ||
          column.target === table ||
          full.has(column.target) ||
          !column.required,
      ),
    );
    if (ready === undefined) throw new Error(`these tables reference one another: ${left.join(', ')}`);
    for (const whole of [false, true])
      await insert(
        db,
        ready,
        columns.filter(({ table, required }) => table === ready && (required || whole)),
        (n += 1),
        whole,
      );
    full.add(ready);
    left = left.filter((table) => table !== ready);
  }
}

export async function countRows(db: Executor, table: string): Promise<number> {
  const { rows } = await sql<{ count: number }>`select count(*)::int as count from ${sql.table(table)}`.execute(db);
  return rows[0]!.count;
}

async function insert(
  db: Executor,
  table: string,
  columns: readonly Column[],
  n: number,
  whole: boolean,
): Promise<void> {
  const names = columns.map(({ name }) => `"${name}"`).join(', ');
  const values = columns.map((column) => valueOf(column, n, whole)).join(', ');
  const statement =
    columns.length === 0
      ? `insert into "${table}" default values`
      : `insert into "${table}" (${names}) values (${values})`;
  await sql
    .raw(statement)
    .execute(db)
    .catch((cause: unknown) => {
      throw new Error(`add a value that ${table} accepts to VALUES_BY_COLUMN: ${statement}`, { cause });
    });
}

/** Full rows reference full rows, the others the others, so that unique references stay unique. */
function valueOf({ table, name, type, target, targetColumn, allowed }: Column, n: number, whole: boolean): string {
  const byHand = VALUES_BY_COLUMN[`${table}.${name}`];
  if (byHand !== undefined) return byHand;
  if (target !== null) return `(select ${whole ? 'max' : 'min'}("${targetColumn}") from "${target}")`;
  if (allowed !== null) return `'${allowed[0]}'`;
  const make = VALUES_BY_TYPE[type];
  if (make === undefined) throw new Error(`add a value of the type ${type} to VALUES_BY_TYPE, for ${table}.${name}`);
  return make(n);
}

async function columnsOf(db: Executor): Promise<Column[]> {
  const { rows } = await sql<Omit<Column, 'allowed'> & { readonly checks: readonly string[] }>`
    select t.relname as table, a.attname as name, y.typname as type, a.attnotnull as required,
      f.confrelid::regclass::text as target, p.attname as "targetColumn",
      array(select pg_get_constraintdef(c.oid) from pg_constraint c
        where c.conrelid = t.oid and c.contype = 'c' and c.conkey = array[a.attnum]) as checks
    from pg_class t
    join pg_attribute a on a.attrelid = t.oid and a.attnum > 0 and not a.attisdropped
    join pg_type y on y.oid = a.atttypid
    left join pg_constraint f on f.conrelid = t.oid and f.contype = 'f' and f.conkey = array[a.attnum]
    left join pg_attribute p on p.attrelid = f.confrelid and p.attnum = f.confkey[1]
    where t.relkind = 'r' and t.relnamespace = 'public'::regnamespace and t.relname not like 'kysely%'
      and not a.atthasdef and a.attidentity = '' and a.attgenerated = ''
    order by t.relname, a.attnum`.execute(db);
  return rows.map(({ checks, ...column }) => ({
    ...column,
    allowed: checks.map(valuesIn).find((values) => values.length > 0) ?? null,
  }));
}

/** Of `CHECK ((mode = ANY (ARRAY['reference'::text, 'copy'::text])))`: reference, copy. */
function valuesIn(check: string): string[] {
  return [...check.matchAll(/'([^']*)'::text/g)].map(([, value]) => value!);
}
