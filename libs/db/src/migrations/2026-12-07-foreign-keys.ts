import { sql, type Kysely } from 'kysely';

/** Indexes that foreign keys lacked. */
export async function up(db: Kysely<unknown>): Promise<void> {
  // Those of before are partial, each for some of the events: none of them finds all of a project.
  await sql.raw('create index events_project on events (project_id)').execute(db);
}
