import type { Pool, PoolClient } from 'pg';
import { EventRepository, ImageRepository, createDatabase, type Database } from '@pugmark/db';
import type { Log } from '@pugmark/toolkit';

export interface StudySize {
  readonly images: number;
  readonly deployments: number;
}

/** Images of one visit: three bursts of three. */
const VISIT = 9;
const DAYS = 120;
/** Images whose observations are derived in one transaction. */
const DERIVE_BATCH = 5_000;
/** Change it when the generated data change, so that an earlier database is not reused. */
const VERSION = 3;

/** The name of the project; a database that holds it has been filled. */
function studyName({ images, deployments }: StudySize): string {
  return `bench:api v${VERSION}: ${images} images, ${deployments} deployments`;
}

/** Fills the database, unless an earlier run filled it. */
export async function fillWithStudy(pool: Pool, databaseUrl: string, size: StudySize, log: Log): Promise<void> {
  const { rows } = await pool.query<{ name: string }>('select name from projects');
  if (rows[0]?.name === studyName(size)) return log(`the database already holds ${size.images} images`);
  const { rows: tables } = await pool.query<{ name: string }>(
    "select tablename as name from pg_tables where schemaname = 'public' and tablename not like 'kysely%'",
  );
  await pool.query(`truncate ${tables.map(({ name }) => name).join(', ')} restart identity cascade`);
  await generateStudy(pool, databaseUrl, size, log);
}

/**
 * Fills an empty database with a study: deployments in several time zones, images in bursts, 0.6 detections per image
 * on average, one run over all of it, 0.5 % failures, 1 % reviewed. Derived tables are filled by Pugmark's own code.
 */
async function generateStudy(pool: Pool, databaseUrl: string, size: StudySize, log: Log): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query('select setseed(0.42)');
    for (const [what, statement] of steps(size)) await timed(log, what, () => client.query(statement));
    // As autovacuum would have done while the data came in.
    await timed(log, 'statistics', () => client.query('analyze'));
    await timed(log, 'effective observations', () => derive(client, databaseUrl));
    await timed(log, 'vacuum analyze', () => client.query('vacuum analyze'));
    // Last, so that an interrupted generator has not marked the database as filled.
    await client.query('update projects set name = $1', [studyName(size)]);
  } finally {
    client.release();
  }
}

async function timed(log: Log, what: string, work: () => Promise<unknown>): Promise<void> {
  const began = performance.now();
  await work();
  log(`generated: ${what} (${((performance.now() - began) / 1_000).toFixed(1)} s)`);
}

async function derive(client: PoolClient, databaseUrl: string): Promise<void> {
  const db = createDatabase({ url: databaseUrl, applicationName: 'bench-api-generator', statementTimeoutMs: 600_000 });
  try {
    const { rows } = await client.query<{ id: string }>('select id from deployments order by id');
    for (const { id } of rows) await deriveDeployment(db, Number(id));
    await new EventRepository().formStaleEvents(db, null);
  } finally {
    await db.destroy();
  }
}

async function deriveDeployment(db: Database, deploymentId: number): Promise<void> {
  const images = new ImageRepository();
  for (let after: number | undefined = 0; after !== undefined;) {
    const ids = await images.listOfDeployment(db, deploymentId, after, DERIVE_BATCH);
    if (ids.length > 0) await db.transaction().execute((tx) => images.deriveTimes(tx, ids));
    after = ids.at(-1);
  }
}

const ANIMALS = [
  'roe deer',
  'wild boar',
  'red fox',
  'badger',
  'red deer',
  'hare',
  'pine marten',
  'wolf',
  'lynx',
  'wildcat',
  'raccoon',
  'squirrel',
  'jay',
  'owl',
  'hedgehog',
  'otter',
  'beaver',
  'moose',
  'bear',
  'golden jackal',
];

/** The observations of a review, as JSON. */
const OBSERVATION = JSON.stringify({
  category: 'animal',
  label: 'roe deer',
  individuals: 2,
  taxonId: null,
  box: null,
  detectionId: null,
});

function steps({ images, deployments }: StudySize): [what: string, statement: string][] {
  const perDeployment = Math.ceil(images / deployments);
  const visits = Math.ceil(perDeployment / VISIT);
  const animals = ANIMALS.map((name) => `'${name}'`).join(', ');
  return [
    [
      'project, model, locations',
      `
      insert into projects (name) values ('being generated');
      insert into models (name, version, licence, threshold, manifest, is_default)
        values ('bench', '1', 'MIT', 0.22, '{"labels":[],"files":[]}', true);
      insert into locations (project_id, name, latitude, longitude)
        select 1, 'Location ' || n, 45 + random() * 10, 5 + random() * 20
        from generate_series(1, ${Math.ceil(deployments / 2)}) n;
      insert into deployments (project_id, location_id, name, timezone, starts_at, ends_at)
        select 1, 1 + (n - 1) / 2, 'Deployment ' || n,
          (array['Europe/Berlin', 'Europe/Warsaw', 'UTC', 'Europe/Helsinki'])[1 + n % 4],
          '2026-02-01T10:00:00Z', timestamptz '2026-02-01T10:00:00Z' + interval '${DAYS} days'
        from generate_series(1, ${deployments}) n;
      insert into ingests (project_id, deployment_id, source, mode, folder, files_seen, images_added)
        select 1, id, 'folder', 'reference', '/cards/' || id, ${perDeployment}, ${perDeployment}
        from deployments order by id;
      insert into tasks (kind, subject_id, state, finished_at)
        select 'scan', id, 'done', now() - interval '1 day' from ingests;
      insert into runs (project_id, model_id) values (1, 1)`,
    ],
    // Most visits are at dawn and dusk.
    [
      'visits',
      `
      create temporary table visit as
      select d as deployment, v, timestamp '2026-02-01 12:00' + random() * interval '${DAYS - 1} days'
          + (case when random() < 0.6 then (case when random() < 0.5 then 6 else 20 end) + random() * 3 - 1.5
              else random() * 24 end - 12) * interval '1 hour' as at,
        random() < 0.4 as seen, random() as kind, power(random(), 2) as which,
        1 + floor(random() * 2)::int as number, random() as base
      from generate_series(1, ${deployments}) d, generate_series(0, ${visits - 1}) v`,
    ],
    [
      'images',
      `
      insert into images (project_id, deployment_id, ingest_id, sha256, mode, location, file_path, format, bytes,
        width, height, captured_local, captured_at, camera_make, camera_model)
      select 1, v.deployment, v.deployment,
        sha256(convert_to(v.deployment || '/' || v.v || '/' || n, 'UTF8')), 'reference',
        '/cards/' || v.deployment || '/IMG_' || (v.v * ${VISIT} + n) || '.JPG',
        'IMG_' || (v.v * ${VISIT} + n) || '.JPG', 'jpeg', 2500000, 2048, 1536,
        taken.at, taken.at at time zone d.timezone, 'Reconyx', 'HF2X'
      from visit v join deployments d on d.id = v.deployment cross join generate_series(0, ${VISIT - 1}) n
      cross join lateral (
        select date_trunc('second', v.at + (n % 3) * interval '1 second' + (n / 3) * interval '3 minutes') as at
      ) taken
      where v.v * ${VISIT} + n < ${perDeployment}
      order by v.deployment, v.v, n`,
    ],
    [
      'tasks',
      `
      insert into tasks (kind, subject_id, run_id, state, attempt, finished_at, error_code, error_message)
      select 'detect', i.id, 1, case when f.failed then 'failed' else 'done' end, 1, now() - interval '1 hour',
        case when f.failed then (array['file_missing', 'decode_failed', 'image_timeout'])[1 + i.id % 3] end,
        case when f.failed then 'it could not be read' end
      from images i cross join lateral (select i.id % 200 = 7 as failed) f order by i.id`,
    ],
    [
      'inferences',
      `
      insert into inferences (image_id, model_id, stage, engine, decode_ms, infer_ms)
      select id, 1, 'detect', 'null', 5, 45 from images where id % 200 <> 7 order by id`,
    ],
    [
      'detections',
      `
      insert into detections (inference_id, image_id, category, label, confidence, x, y, width, height)
      select f.id, f.image_id, kind.category, kind.label, greatest(0.1, least(0.99, v.base + random() * 0.4 - 0.1)),
        random() * 0.5, random() * 0.5, 0.1 + random() * 0.3, 0.1 + random() * 0.3
      from inferences f join images i on i.id = f.image_id
      join visit v on v.deployment = i.deployment_id
        and v.v = substring(i.file_path from '[0-9]+')::int / ${VISIT} and v.seen
      cross join lateral (
        select case when v.kind < 0.8 then 'animal' when v.kind < 0.95 then 'person' else 'vehicle' end as category,
          case when v.kind < 0.8 then (array[${animals}])[1 + floor(v.which * ${ANIMALS.length})::int]
            when v.kind < 0.95 then 'person' else 'car' end as label
      ) kind
      cross join generate_series(1, v.number)
      order by f.id`,
    ],
    [
      'highest confidences',
      `
      update inferences f set animal = best.animal, person = best.person, vehicle = best.vehicle
      from (
        select inference_id, max(confidence) filter (where category = 'animal') as animal,
          max(confidence) filter (where category = 'person') as person,
          max(confidence) filter (where category = 'vehicle') as vehicle
        from detections group by inference_id) best where best.inference_id = f.id`,
    ],
    [
      'counts',
      `
      insert into run_counts (run_id, engine, images, blanks, animals, people, vehicles, truncated)
      select 1, 'null', count(*), count(*) filter (where animal is null), count(*) filter (where animal),
        count(*) filter (where person), count(*) filter (where vehicle), 0
      from (
        select i.id, bool_or(d.category = 'animal') as animal, bool_or(d.category = 'person') as person,
          bool_or(d.category = 'vehicle') as vehicle
        from inferences i left join detections d on d.inference_id = i.id and d.confidence >= 0.22
        group by i.id
      ) found`,
    ],
    [
      'reviews',
      `
      insert into reviews (project_id, image_id, action, observations, reviewer)
      select 1, id, 'set', case when id % 3 = 0 then '[]' else '[${OBSERVATION}]' end::jsonb, 'bench'
      from images where id % 100 = 11`,
    ],
    [
      'files of ingests',
      `
      insert into ingest_files (ingest_id, path, outcome, image_id)
        select ingest_id, file_path, 'added', id from images where ingest_id <= 20;
      insert into ingest_files (ingest_id, path, outcome, reason_code, reason)
        select 1, 'x' || n || '.txt', 'skipped', 'not_an_image', 'it is no image' from generate_series(1, 300) n`,
    ],
  ];
}
