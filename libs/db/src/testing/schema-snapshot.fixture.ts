import { sql, type RawBuilder } from 'kysely';
import type { Executor } from '../connection/database';

interface Definition {
  readonly table: string;
  readonly text: string;
}

/**
 * Describes the schema as SQL: tables with their columns, constraints and comments, then their indexes, extended
 * statistics and triggers, then the functions. Read from the catalogue with Postgres' own formatting functions, sorted
 * by name, so that it is the same with every version of Postgres.
 */
export async function readSchema(db: Executor): Promise<string> {
  const read = async (query: RawBuilder<Definition>): Promise<readonly Definition[]> => (await query.execute(db)).rows;
  const [comments, columns, constraints] = [await read(TABLE_COMMENTS), await read(COLUMNS), await read(CONSTRAINTS)];
  const extras = [await read(INDEXES), await read(STATISTICS), await read(TRIGGERS)].flat();
  const tables = [...new Set(columns.map(({ table }) => table))].map((table) => {
    const textsOf = (definitions: readonly Definition[]): string[] =>
      definitions.filter((definition) => definition.table === table).map(({ text }) => text);
    const body = [...textsOf(columns), ...textsOf(constraints)].map((text) => `  ${text}`).join(',\n');
    return [...textsOf(comments), `create table ${table} (\n${body}\n);`, ...textsOf(extras)].join('\n');
  });
  const functions = (await read(FUNCTIONS)).map(({ text }) => text);
  return [...tables, ...functions].map((text) => `${text}\n`).join('\n');
}

const IN_SCHEMA = sql`c.relnamespace = 'public'::regnamespace and c.relname not like 'kysely%'`;

const TABLE_COMMENTS = sql<Definition>`
  select c.relname as table, '-- ' || obj_description(c.oid, 'pg_class') as text
  from pg_class c where c.relkind = 'r' and obj_description(c.oid, 'pg_class') is not null and ${IN_SCHEMA}
  order by c.relname collate "C"`;

/** Comments stand before their column, because the comma between columns follows it. */
const COLUMNS = sql<Definition>`
  select c.relname as table,
    coalesce('-- ' || col_description(c.oid, a.attnum) || E'\n  ', '') || a.attname || ' '
      || format_type(a.atttypid, a.atttypmod)
      || case a.attidentity when 'a' then ' generated always as identity' else '' end
      || case when a.attgenerated = 's' then ' generated always as (' || pg_get_expr(d.adbin, d.adrelid) || ') stored'
           when d.adbin is not null then ' default ' || pg_get_expr(d.adbin, d.adrelid) else '' end
      || case when a.attnotnull then ' not null' else '' end as text
  from pg_class c
  join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
  left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
  where c.relkind = 'r' and ${IN_SCHEMA}
  order by c.relname collate "C", a.attnum`;

const CONSTRAINTS = sql<Definition>`
  select c.relname as table, 'constraint ' || k.conname || ' ' || pg_get_constraintdef(k.oid, true) as text
  from pg_constraint k join pg_class c on c.oid = k.conrelid
  where k.contype in ('p', 'u', 'c', 'f', 'x') and ${IN_SCHEMA}
  order by c.relname collate "C", array_position(array['p', 'u', 'c', 'f', 'x'], k.contype::text),
    k.conname collate "C"`;

/** Indexes that do not belong to a constraint. */
const INDEXES = sql<Definition>`
  select c.relname as table, pg_get_indexdef(i.indexrelid, 0, true) || ';' as text
  from pg_index i join pg_class c on c.oid = i.indrelid join pg_class x on x.oid = i.indexrelid
  where not exists (select 1 from pg_constraint k where k.conindid = i.indexrelid and k.contype in ('p', 'u', 'x'))
    and ${IN_SCHEMA}
  order by c.relname collate "C", x.relname collate "C"`;

const STATISTICS = sql<Definition>`
  select c.relname as table, replace(pg_get_statisticsobjdef(s.oid), 'public.', '') || ';' as text
  from pg_statistic_ext s join pg_class c on c.oid = s.stxrelid
  where ${IN_SCHEMA} order by c.relname collate "C", s.stxname collate "C"`;

const TRIGGERS = sql<Definition>`
  select c.relname as table, pg_get_triggerdef(t.oid, true) || ';' as text
  from pg_trigger t join pg_class c on c.oid = t.tgrelid
  where not t.tgisinternal and ${IN_SCHEMA} order by c.relname collate "C", t.tgname collate "C"`;

const FUNCTIONS = sql<Definition>`
  select p.proname as table, 'create function ' || p.proname || '() returns ' || format_type(p.prorettype, null)
    || ' language ' || l.lanname || ' as $$' || p.prosrc || '$$;' as text
  from pg_proc p join pg_language l on l.oid = p.prolang
  where p.pronamespace = 'public'::regnamespace order by p.proname collate "C"`;
