import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { waitUntil } from '@pugmark/toolkit';
import type { Fault } from '../fault';
import type { FaultRig } from '../fault-rig';
import { contains } from '../proxy/contains';

const DEPLOYS = 5;
const ROWS = 2_000;
/** Pages of an export, of one image each, after which it is in the middle. */
const MIDDLE = 100;
/** How the query of each page begins. */
const PAGE = 'select d.id as "detectionId"';

/** What happens to exports only. */
export const EXPORT_FAULTS: readonly Fault[] = [
  {
    name: `${DEPLOYS} deploys during a long export`,
    // With each interruption a task waits longer.
    short: false,
    harmless: true,
    prepare: async (rig) => void (await rig.addApp('export-worker', 'export-worker', { EXPORT_PAGE_ROWS: '1' })),
    inject: async (rig) => {
      const worker = rig.process('export-worker');
      const asked = contains(PAGE);
      let pages = 0;
      rig.postgres('export-worker').interceptUp((chunk, connection) => {
        if (asked(chunk, connection)) pages += 1;
        return 'forward';
      });
      await createLongExport(rig);
      for (let deploy = 0; deploy < DEPLOYS; deploy += 1) {
        pages = 0;
        await waitUntil(() => pages >= MIDDLE, {
          what: `attempt ${deploy + 1} to be in the middle of the export`,
          deadlineMs: 60_000,
          everyMs: 20,
          signal: rig.signal,
        });
        await worker.stop();
        worker.start();
      }
    },
    noticed: (seen) => seen.restarted('export-worker'),
    afterwards: async (rig) => {
      const { rows } = await rig.pool.query<{ attempt: number; rows: number; key: string; sha256: string }>(
        `select t.attempt, e.row_count as rows, e.file_key as key, encode(e.sha256, 'hex') as sha256
         from exports e join tasks t on t.kind = 'export' and t.subject_id = e.id`,
      );
      const [done] = rows;
      if (done?.attempt !== DEPLOYS + 1 || done.rows !== ROWS) throw new Error(`the export: ${JSON.stringify(rows)}`);
      const file = await readFile(join(rig.folder, 'storage', done.key));
      if (createHash('sha256').update(file).digest('hex') !== done.sha256)
        throw new Error('the file is not the export');
      // A header, and the line end of the last row.
      const lines = file.toString('utf8').split('\r\n').length;
      if (lines !== ROWS + 2) throw new Error(`the file has ${lines - 2} rows`);
    },
  },
];

/** Creates a project of images with a detection each, and an export of it with its task. */
async function createLongExport(rig: FaultRig): Promise<void> {
  await rig.pool.query(
    `with project as (insert into projects (name) values ('a long export') returning id),
       ingest as (
         insert into ingests (project_id, source, mode, folder) select id, 'folder', 'reference', '/' from project
         returning id, project_id),
       image as (
         insert into images (project_id, ingest_id, sha256, mode, location, file_path, format, bytes, width, height)
         select project_id, id, sha256(convert_to(n::text, 'utf8')), 'reference', '/' || n, n || '.jpg', 'jpeg', 1, 64, 48
         from ingest, generate_series(1, $1::int) n returning id),
       inference as (
         insert into inferences (image_id, model_id, stage, engine, decode_ms, infer_ms)
         select i.id, m.id, 'detect', 'null', 1, 1 from image i, models m where m.is_default returning id, image_id),
       detection as (
         insert into detections (inference_id, image_id, category, label, confidence, x, y, width, height)
         select id, image_id, 'animal', 'bear', 0.9, 0.1, 0.1, 0.5, 0.5 from inference),
       export as (
         insert into exports (project_id, format, content, filter)
         select id, 'csv', 'detections', '{}' from project returning id)
     insert into tasks (kind, subject_id) select 'export', id from export`,
    [ROWS],
  );
}
