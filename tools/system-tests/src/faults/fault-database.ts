import { Pool } from 'pg';
import { migrate } from '@pugmark/db';

/**
 * Every result that a worker writes leaves a row in `rig_effects`, which has no unique key, so that work done twice
 * shows. The trigger precedes the check of the unique key of `inferences`, which hides the second result.
 *
 * `rig_poison` lists the images whose results the database refuses, and the SQLSTATE of the refusal.
 */
const RECORD_EFFECTS = `
  create table rig_effects (image_id bigint not null, model_id bigint not null);
  create table rig_poison (image_id bigint primary key, sqlstate text not null);
  create function rig_record_effect() returns trigger language plpgsql as $$
  declare
    refusal text := (select sqlstate from rig_poison where image_id = new.image_id);
  begin
    if refusal is not null then
      raise exception using errcode = refusal, message = 'the result of image ' || new.image_id || ' is refused';
    end if;
    insert into rig_effects values (new.image_id, new.model_id);
    return new;
  end $$;
  create trigger rig_record_effect before insert on inferences for each row execute function rig_record_effect()`;

/** Creates a database of the current schema that records what is written to it. Returns its URL. */
export async function createFaultDatabase(serverUrl: string, name: string): Promise<string> {
  await execute(serverUrl, `create database ${name}`);
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  await migrate(url.href);
  await execute(url.href, RECORD_EFFECTS);
  return url.href;
}

export async function dropFaultDatabase(serverUrl: string, name: string): Promise<void> {
  await execute(serverUrl, `drop database if exists ${name} with (force)`);
}

async function execute(url: string, statement: string): Promise<void> {
  const pool = new Pool({ connectionString: url, max: 1, connectionTimeoutMillis: 10_000, query_timeout: 60_000 });
  pool.on('error', () => undefined);
  try {
    await pool.query(statement);
  } finally {
    await pool.end();
  }
}
