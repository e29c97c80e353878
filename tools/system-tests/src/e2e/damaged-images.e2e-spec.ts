import { mkdirSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { testTensorflowDir } from '@pugmark/testing';
import { damageImage, DAMAGES } from './damage-image';
import { catImage, writeDistinctImages } from './images';
import { startPipeline, type Pipeline } from './pipeline-fixture';
import { randomNumbers } from './tinted-cats';

const BAD = 1_000;
const GOOD = 100;
const TIMEOUT_MS = 400_000;

interface File {
  readonly path: string;
  readonly outcome: 'added' | 'skipped' | 'duplicate';
  readonly reasonCode: string | null;
  readonly reason: string | null;
}

/** Reasons that a person can act on; `unexpected_error` is none. */
const REASONS = /^(not_an_image|unsupported_format|empty_file|too_many_pixels|undecodable|file_unreadable)$/;

describe(`${BAD} damaged images among good ones`, () => {
  let pipeline: Pipeline;
  beforeAll(async () => {
    const tensorflowDir = testTensorflowDir();
    pipeline = await startPipeline({
      ML_ENGINE: tensorflowDir === null ? 'wasm' : 'tensorflow',
      TENSORFLOW_DIR: tensorflowDir ?? '',
    });
  }, TIMEOUT_MS);
  afterAll(() => pipeline.stop(), TIMEOUT_MS);

  async function writeDamaged(folder: string): Promise<void> {
    const base = sharp(catImage()).resize(320);
    const images = {
      jpg: await base.clone().jpeg({ quality: 80 }).toBuffer(),
      png: await base.clone().resize(160).png().toBuffer(),
      webp: await base.clone().webp().toBuffer(),
    };
    const random = randomNumbers(77);
    mkdirSync(folder, { recursive: true });
    for (let n = 0; n < BAD; n += 1) {
      const damage = DAMAGES[n % DAMAGES.length]!;
      const kind =
        damage === 'giant dimensions'
          ? (['jpg', 'png'] as const)[Math.floor(n / 4) % 2]!
          : (['jpg', 'png', 'webp'] as const)[Math.floor(n / 4) % 3]!;
      await writeFile(
        join(folder, `${String(n).padStart(4, '0')} ${damage}.${kind}`),
        damageImage(images[kind], damage, random),
      );
    }
  }

  /** Ingests a folder and returns images per second, from the request to the last commit. */
  async function ingestAndMeasure(folder: string): Promise<{ projectId: number; ingestId: number; perSecond: number }> {
    const projectId = Number(await pipeline.project());
    const { id } = await pipeline.api.startIngest(projectId, undefined, folder);
    await pipeline.finished(id, 240_000);
    const { files, seconds } = await pipeline.one(
      `select (select count(*) from ingest_files where ingest_id = i.id)::int as files,
         extract(epoch from max(t.finished_at) - i.created_at)::float8 as seconds
       from ingests i join tasks t on t.run_id = i.run_id where i.id = $1 group by i.id, i.created_at`,
      id,
    );
    return { projectId, ingestId: Number(id), perSecond: Number(files) / Number(seconds) };
  }

  it(
    'end as done or with a reason that a person understands, and do not slow down the good ones',
    async () => {
      const good = join(pipeline.folder, 'good');
      await writeDistinctImages(good, GOOD);
      const alone = await ingestAndMeasure(good);

      const mixed = join(pipeline.folder, 'mixed');
      await writeDamaged(join(mixed, 'damaged'));
      await writeDistinctImages(join(mixed, 'good'), GOOD);
      const together = await ingestAndMeasure(mixed);

      const files: File[] = [];
      for (let cursor = ''; ;) {
        const page = await pipeline.call<{ items: File[]; nextCursor: string | null }>(
          'GET',
          `/ingests/${together.ingestId}/files?limit=200${cursor}`,
        );
        files.push(...page.items);
        if (page.nextCursor === null) break;
        cursor = `&cursor=${page.nextCursor}`;
      }
      expect(files).toHaveLength(BAD + GOOD);
      for (const { reasonCode, reason } of files.filter(({ outcome }) => outcome === 'skipped')) {
        expect(reasonCode).toMatch(REASONS);
        expect(reason!.length).toBeGreaterThan(15);
      }
      expect(files.filter(({ path, outcome }) => path.startsWith('good/') && outcome !== 'added')).toEqual([]);

      const { rows } = await pipeline.one(
        `select jsonb_agg(jsonb_build_object(
           'path', m.file_path, 'state', t.state, 'code', t.error_code, 'message', t.error_message)) as rows
       from tasks t join images m on m.id = t.subject_id where t.kind = 'detect' and m.project_id = $1`,
        together.projectId,
      );
      const tasks = rows as { path: string; state: string; code: string | null; message: string | null }[];
      expect(tasks.filter(({ path, state }) => path.startsWith('good/') && state === 'done')).toHaveLength(GOOD);
      for (const { state, code, message } of tasks.filter((task) => task.state !== 'done')) {
        expect(state).toBe('failed');
        expect(code).toMatch(REASONS);
        expect(message!.length).toBeGreaterThan(15);
      }
      // No engine process crashed.
      expect(await pipeline.metric('ml-worker', 'pugmark_engine_restarts')).toBe(0);
      // Most damaged files cost less than a good one; they must not cost more.
      expect(together.perSecond / alone.perSecond).toBeGreaterThan(0.8);
    },
    TIMEOUT_MS,
  );
});
