import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { testServers, type TestServers } from './servers';

export interface TestDatabase {
  readonly url: string;
  /** Drops the database and terminates its connections. */
  drop(): Promise<void>;
}

/** Brings a database up to date: `migrate` of @pugmark/db, or nothing for a test that needs an empty database. */
export interface Migrate {
  (databaseUrl: string): Promise<unknown>;
  /** Hash of the schema. Databases of the same schema are cloned from a template that is migrated once. */
  readonly fingerprint?: () => Promise<string>;
}

const TEMPLATE_PREFIX = 'pugmark_template_';
/** Advisory lock: shared while a template is cloned, exclusive while templates are created and dropped. */
const TEMPLATE_LOCK = 7_411_301;

/** Creates a database that only this test uses, with the schema that `migrate` creates. */
export async function createTestDatabase(
  migrate: Migrate,
  { databaseUrl }: Pick<TestServers, 'databaseUrl'> = testServers(),
): Promise<TestDatabase> {
  const name = `pugmark_test_${randomBytes(6).toString('hex')}`;
  const { href: url } = urlOf(databaseUrl, name);
  const fingerprint = await migrate.fingerprint?.();
  await withClient(databaseUrl, async (client) => {
    if (fingerprint === undefined) await client.query(`create database ${name}`);
    else await cloneTemplate(client, databaseUrl, migrate, `${TEMPLATE_PREFIX}${fingerprint.slice(0, 16)}`, name);
  });
  if (fingerprint === undefined) await migrate(url);
  return {
    url,
    drop: () =>
      withClient(databaseUrl, async (client) => {
        await client.query(`drop database if exists ${name} with (force)`);
      }),
  };
}

async function cloneTemplate(
  client: Client,
  databaseUrl: string,
  migrate: Migrate,
  template: string,
  name: string,
): Promise<void> {
  for (;;) {
    await client.query('select pg_advisory_lock_shared($1)', [TEMPLATE_LOCK]);
    const isReady = await isTemplateReady(client, template);
    if (isReady) await client.query(`create database ${name} template ${template}`);
    await client.query('select pg_advisory_unlock_shared($1)', [TEMPLATE_LOCK]);
    if (isReady) return;
    await client.query('select pg_advisory_lock($1)', [TEMPLATE_LOCK]);
    if (!(await isTemplateReady(client, template))) {
      await dropTemplates(client);
      await client.query(`create database ${template}`);
      await migrate(urlOf(databaseUrl, template).href);
      // Marks it as complete: a process that is killed while it migrates leaves a database without the flag.
      await client.query(`alter database ${template} is_template true`);
    }
    await client.query('select pg_advisory_unlock($1)', [TEMPLATE_LOCK]);
  }
}

async function isTemplateReady(client: Client, template: string): Promise<boolean> {
  const { rows } = await client.query('select 1 from pg_database where datname = $1 and datistemplate', [template]);
  return rows.length > 0;
}

/** Drops the templates of other schemas, and incomplete ones. */
async function dropTemplates(client: Client): Promise<void> {
  const { rows } = await client.query<{ datname: string }>('select datname from pg_database where datname like $1', [
    `${TEMPLATE_PREFIX}%`,
  ]);
  for (const { datname } of rows) {
    await client.query(`alter database ${datname} is_template false`);
    await client.query(`drop database ${datname} with (force)`);
  }
}

function urlOf(databaseUrl: string, name: string): URL {
  const url = new URL(databaseUrl);
  url.pathname = `/${name}`;
  return url;
}

async function withClient(databaseUrl: string, work: (client: Client) => Promise<void>): Promise<void> {
  const client = new Client({ connectionString: databaseUrl, connectionTimeoutMillis: 10_000, query_timeout: 60_000 });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}
