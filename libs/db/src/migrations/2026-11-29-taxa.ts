import { sql, type Kysely } from 'kysely';

/** A project's own list of species, which reviewers choose from. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}

const STATEMENTS = [
  `create table taxa (
    id bigint generated always as identity primary key,
    project_id bigint not null references projects,
    scientific_name text not null,
    common_name text,
    category text not null default 'animal' check (category in ('animal', 'person', 'vehicle')),
    rank text,
    words tsvector not null,
    archived_at timestamptz,
    created_at timestamptz not null default now()
  )`,
  `comment on column taxa.words is 'the words of both names in lower case, to be found by their beginnings; made by TaxonRepository, because what the database takes for a letter and its lower case depends on its locale'`,
  `comment on column taxa.archived_at is 'no longer to be chosen; what was observed keeps it. Null: to be chosen'`,
  `create unique index taxa_name on taxa (project_id, lower(scientific_name))`,
  `create index taxa_words on taxa using gin (words)`,
];
