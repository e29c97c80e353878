import { sql } from 'kysely';
import { createDatabase, migrate, type Database } from '@pugmark/db';
import { createTestDatabase, waitUntil, type TestDatabase } from '@pugmark/testing';
import { TestGateway } from '../testing/gateway.fixture';
import { oneOfEach } from '../testing/one-of-each.fixture';
import { resourceOf } from './operation';

/** Tables with at least one row per image. */
const LARGE = [
  'images',
  'image_summaries',
  'observations',
  'events',
  'inferences',
  'detections',
  'classifications',
  'tasks',
  'reviews',
  'ingest_files',
  'image_counts_by_day',
  'audit_log',
];

/** A value for each filter and sort parameter. */
const VALUES: Readonly<Record<string, readonly string[]>> = {
  category: ['animal', 'blank'],
  minConfidence: ['0.3'],
  label: ['bear'],
  capturedFrom: ['2026-06-01T00:00:00Z'],
  capturedTo: ['2026-06-02T00:00:00Z'],
  hourFrom: ['5'],
  hourTo: ['7'],
  reviewed: ['true', 'false'],
  status: ['done', 'pending', 'failed'],
  failedReason: ['decode_failed'],
  timeIssue: ['no_time', 'outside_deployment', 'dst_gap', 'dst_overlap'],
  sort: ['id', '-id', 'capturedAt', '-capturedAt', 'confidence', '-confidence', 'start', '-start'],
  kind: ['events', 'blanks'],
  groupBy: ['category', 'label'],
  by: ['deployment', 'location', 'day', 'week', 'month'],
  clock: ['local', 'solar'],
  q: ['bear'],
  archived: ['true'],
  open: ['true', 'false'],
  onlyDifferent: ['true'],
};

interface Described {
  readonly operationId: string;
  readonly parameters: readonly {
    readonly name: string;
    readonly in: string;
    readonly required: boolean;
    readonly schema: { readonly enum?: readonly unknown[]; readonly type?: unknown };
  }[];
}

/** Rows of each large table that belong to another project. */
const OTHERS = 20_000;

/**
 * A small project next to a large one. Requests for the small one must not read the rows of the large one: for each
 * operation the test counts the rows that Postgres read from tables and indexes, so that a new list, filter or sort
 * without an index fails. Sequential scans are disabled, since the planner rightly prefers them for tables that are
 * still small.
 */
describe('no operation reads a large table as a whole', () => {
  let database: TestDatabase;
  let watch: Database;
  let ids: Readonly<Record<string, number>>;
  let operations: readonly { readonly path: string; readonly one: Described }[];
  let adminKey: string;

  beforeAll(async () => {
    database = await createTestDatabase(migrate);
    watch = createDatabase({ url: database.url, applicationName: 'watch', poolSize: 1 });
    const gateway = await TestGateway.start({ databaseUrl: database.url });
    try {
      adminKey = gateway.adminKey = await gateway.key(['admin']);
      const { body } = await gateway.get('/openapi.json');
      operations = Object.entries(body.paths as Record<string, { get?: Described }>).flatMap(([path, { get }]) =>
        get === undefined ? [] : [{ path: path.replace('/api/v1', ''), one: get }],
      );
      await fillOthers(gateway);
      ids = await oneOfEach(gateway);
    } finally {
      await gateway.stop();
    }
  });
  afterAll(async () => {
    await watch.destroy();
    await database.drop();
  });

  /** Most images of other deployments than one, at other times, found by another model. */
  async function fillOthers({ db, repositories }: TestGateway): Promise<void> {
    await sql`insert into projects (name) values ('large')`.execute(db);
    await sql`insert into models (name, version, licence, threshold, manifest)
      values ('other', '1', 'MIT', 0.5, '{}')`.execute(db);
    await sql`insert into deployments (project_id, name, timezone)
      select 1, 'other ' || n, 'Europe/Berlin' from generate_series(1, 20) n`.execute(db);
    await sql`insert into ingests (project_id, source, mode, folder)
      values (1, 'folder', 'reference', '/other')`.execute(db);
    await sql`insert into runs (project_id, model_id) values (1, 1)`.execute(db);
    await sql`
      insert into images (project_id, deployment_id, ingest_id, sha256, mode, location, file_path, format, bytes, width,
        height, captured_local)
      select 1, 1 + n % 20, 1, sha256(convert_to(n::text, 'UTF8')), 'reference', '/other/' || n, n || '.jpg',
        'jpeg', 1, 1, 1, timestamp '2026-01-01' + n * interval '7 minutes'
      from generate_series(1, ${OTHERS}::int) n`.execute(db);
    await sql`insert into tasks (kind, subject_id, run_id, state, attempt, finished_at)
      select 'detect', id, 1, 'done', 1, now() - interval '1 day' from images`.execute(db);
    await sql`insert into inferences (image_id, model_id, stage, engine, decode_ms, infer_ms)
      select id, 1, 'detect', 'null', 1, 1 from images`.execute(db);
    await sql`
      insert into detections (inference_id, image_id, category, label, confidence, x, y, width, height)
      select id, image_id, case id % 3 when 0 then 'animal' when 1 then 'person' else 'vehicle' end, 'deer', 0.9, 0, 0,
        0.5, 0.5
      from inferences`.execute(db);
    await sql`insert into classifications (detection_id, model_id, label, score, rank, engine)
      select id, 1, 'deer', 0.9, 1, 'null' from detections`.execute(db);
    await sql`
      insert into reviews (project_id, image_id, action, observations, reviewer)
      select 1, id, 'set',
        '[{"category":"animal","label":"deer","individuals":1,"taxonId":null,"box":null,"detectionId":null}]'::jsonb,
        'x'
      from images`.execute(db);
    await sql`insert into ingest_files (ingest_id, path, outcome, image_id)
      select 1, file_path, 'added', id from images`.execute(db);
    await sql`insert into audit_log (operation, path, request_id) select 'x', '/x', 'x' from images`.execute(db);
    for (let id = 1; id <= 20; id += 1)
      await db.transaction().execute(async (tx) => {
        const ids = await repositories.images.listOfDeployment(tx, id, 0, 100_000);
        await repositories.images.deriveTimes(tx, ids);
      });
    await repositories.events.formStaleEvents(db, null);
    await sql`analyze`.execute(db);
  }

  /**
   * The requests of an operation: with its required parameters alone, and with each value of each optional parameter.
   */
  function requestsOf(path: string, { parameters }: Described): string[] {
    const query = parameters.filter((one) => one.in === 'query');
    const of = (name: string): number => ids[name.replace(/Id$/, '')] ?? ids['run']!;
    const needed: Record<string, string> = Object.fromEntries(
      query
        .filter(({ required, name }) => required || name === 'projectId')
        .map(({ name }) => [name, String(of(name))]),
    );
    const more = query.flatMap(({ name, schema }) => {
      if (name in needed || name === 'limit' || name === 'cursor') return [];
      if (/Id$/.test(name)) return [{ [name]: String(of(name)) }];
      const values =
        VALUES[name]?.filter((value) => schema.enum === undefined || schema.enum.includes(value)) ??
        (schema.enum ?? []).map(String);
      return values.map((value) => ({ [name]: value }));
    });
    // Pairs of optional parameters: a filter with a sort, two filters.
    const pairs = more.flatMap((one, n) => more.slice(n + 1).map((two) => ({ ...two, ...one })));
    const address = path.replace('{id}', String(ids[resourceOf(path)] ?? ids['project']));
    return [{}, ...more, ...pairs].map((given) => `${address}?${new URLSearchParams({ ...needed, ...given })}`);
  }

  async function rowsRead(): Promise<Record<string, number>> {
    await waitUntil("the gateway's connections to end", async () => {
      const { rows } = await sql`select 1 from pg_stat_activity
        where datname = current_database() and application_name = 'gateway-test'`.execute(watch);
      return rows.length === 0;
    });
    const { rows } = await sql<{ name: string; read: number }>`
      select t.relname as name,
        (t.seq_tup_read + (
          select coalesce(sum(i.idx_tup_read), 0) from pg_stat_user_indexes i where i.relid = t.relid
        ))::bigint as read
      from pg_stat_user_tables t where t.relname = any(${LARGE})`.execute(watch);
    return Object.fromEntries(rows.map(({ name, read }) => [name, read]));
  }

  /** Repeats each request that many times in a row, over the same connection. */
  async function ask(requests: readonly string[], times = 1): Promise<number> {
    const gateway = await TestGateway.start({
      databaseUrl: `${database.url}?options=${encodeURIComponent('-c enable_seqscan=off')}`,
    });
    gateway.adminKey = adminKey;
    let answered = 0;
    try {
      for (const request of requests) {
        for (let n = 0; n < times; n += 1) {
          const { status } = await gateway.get(request);
          if (status === 200) answered += 1;
          if (status >= 500) throw new Error(`${request} answered ${status}`);
        }
      }
    } finally {
      await gateway.stop();
    }
    return answered;
  }

  async function assertLittleIsRead(name: string, requests: readonly string[], times?: number): Promise<void> {
    const before = await rowsRead();
    const answered = await ask(requests, times);
    const after = await rowsRead();
    const much = LARGE.filter((table) => after[table]! - before[table]! > OTHERS / 2).map(
      (table) => `${after[table]! - before[table]!} rows of ${table}`,
    );
    if (answered === 0) throw new Error(`${name} returned nothing`);
    if (much.length > 0) throw new Error(`${name} read ${much.join(', ')}`);
  }

  it('with any filter or sort of the OpenAPI document', async () => {
    expect(Object.keys(await rowsRead()).sort()).toEqual([...LARGE].sort());
    const failures: unknown[] = [];
    for (const { path, one } of operations) {
      // Images are files, and the feed does not end.
      if (
        ['getThumbnail', 'getPreview', 'getOriginal', 'downloadExport', 'listenToFeed', 'getOpenApi'].includes(
          one.operationId,
        )
      )
        continue;
      await assertLittleIsRead(one.operationId, requestsOf(path, one)).catch((error: unknown) => failures.push(error));
    }
    expect(failures).toEqual([]);
  }, 240_000);

  // From the sixth execution on Postgres may use a generic plan.
  it.each(['listImages', 'listEvents'])(
    'with the prepared statements of %s',
    async (name) => {
      const { path, one } = operations.find(({ one: { operationId } }) => operationId === name)!;
      const requests = requestsOf(path, one);
      // A connection keeps at most a hundred prepared statements.
      for (let n = 0; n < requests.length; n += 20) await assertLittleIsRead(name, requests.slice(n, n + 20), 8);
    },
    240_000,
  );
});
