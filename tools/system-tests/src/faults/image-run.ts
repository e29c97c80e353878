import { join } from 'node:path';
import type { Pool } from 'pg';
import sharp from 'sharp';

/** A run over images whose rows all refer to the same file. */
export class ImageRun {
  readonly id: number;
  readonly #pool: Pool;
  readonly #image: string;
  #next = 1;

  private constructor(pool: Pool, id: number, image: string) {
    this.#pool = pool;
    this.id = id;
    this.#image = image;
  }

  /** Creates a project and a run of this model in it; of the default model if none is named. */
  static async start(pool: Pool, image: string, model: string | null = null): Promise<ImageRun> {
    const { rows } = await pool.query<{ id: number }>(
      `with project as (insert into projects (name) values (gen_random_uuid()::text) returning id),
        ingest as (
          insert into ingests (project_id, source, mode, folder) select id, 'folder', 'reference', '/' from project
        )
       insert into runs (project_id, model_id)
       select p.id, m.id from project p, models m where case when $1::text is null then m.is_default else m.name = $1 end
       returning id::int`,
      [model],
    );
    const [run] = rows;
    if (run === undefined) throw new Error(`there is no model ${model ?? 'by default'}`);
    return new ImageRun(pool, run.id, image);
  }

  /** Creates images, each with its task in one transaction, as `ingest` does. Returns the ids of the tasks. */
  async create(count: number): Promise<readonly number[]> {
    const from = this.#next;
    this.#next += count;
    const { rows } = await this.#pool.query<{ id: number }>(
      `with image as (
         insert into images (project_id, ingest_id, sha256, mode, location, file_path, format, bytes, width, height)
         select i.project_id, i.id, sha256(convert_to(n::text, 'utf8')), 'reference', $2, n || '.jpg', 'jpeg', 1, 64, 48
         from runs r join ingests i using (project_id), generate_series($3::int, $4::int) n
         where r.id = $1 returning id)
       insert into tasks (kind, subject_id, run_id) select 'detect', id, $1 from image returning id::int`,
      [this.id, this.#image, from, from + count - 1],
    );
    return rows.map(({ id }) => id);
  }
}

/** Writes the image to which all rows refer. Small, because faults are about everything around the model. */
export async function writeImage(folder: string): Promise<string> {
  const path = join(folder, 'image.jpg');
  await sharp({ create: { width: 64, height: 48, channels: 3, background: '#445533' } }).toFile(path);
  return path;
}
