import { sql, type Insertable, type Selectable } from 'kysely';
import type { DatabaseTransaction, Executor } from '../connection/database';
import type { IngestFileOutcome, IngestFilesTable, IngestsTable } from './ingests.tables';

export type IngestRow = Selectable<IngestsTable>;
export type IngestFileRow = Selectable<IngestFilesTable>;

/** Increments of the counters by a step of a scan. */
export interface IngestProgress {
  readonly filesSeen: number;
  readonly imagesAdded: number;
  readonly duplicates: number;
  readonly skipped: number;
  readonly bytesAdded: number;
}

export class IngestRepository {
  async create(db: Executor, ingest: Insertable<IngestsTable>): Promise<number> {
    const { id } = await db.insertInto('ingests').values(ingest).returning('id').executeTakeFirstOrThrow();
    return id;
  }

  async find(db: Executor, id: number): Promise<IngestRow | null> {
    return (await db.selectFrom('ingests').selectAll().where('id', '=', id).executeTakeFirst()) ?? null;
  }

  /** Returns those of these paths that the ingest has processed already. */
  async filterKnownPaths(db: Executor, ingestId: number, paths: readonly string[]): Promise<Set<string>> {
    const rows = await db
      .selectFrom('ingest_files')
      .select('path')
      .where('ingest_id', '=', ingestId)
      .where('path', 'in', [...paths])
      .execute();
    return new Set(rows.map((row) => row.path));
  }

  /** Records the outcomes of files and adds to the counters, in the transaction that stores their images. */
  async record(
    tx: DatabaseTransaction,
    ingestId: number,
    files: readonly Insertable<IngestFilesTable>[],
    progress: IngestProgress,
  ): Promise<void> {
    if (files.length > 0)
      await tx
        .insertInto('ingest_files')
        .values([...files])
        .execute();
    await tx
      .updateTable('ingests')
      .set((eb) => ({
        files_seen: eb('files_seen', '+', progress.filesSeen),
        images_added: eb('images_added', '+', progress.imagesAdded),
        duplicates: eb('duplicates', '+', progress.duplicates),
        skipped: eb('skipped', '+', progress.skipped),
        bytes_added: eb('bytes_added', '+', progress.bytesAdded),
      }))
      .where('id', '=', ingestId)
      .execute();
  }

  /**
   * Returns those of these uploads that belong to an ingest; by folder name, because the storage may have been moved.
   */
  async filterKnownUploads(db: Executor, names: readonly string[]): Promise<Set<string>> {
    if (names.length === 0) return new Set();
    const { rows } = await sql<{ name: string }>`
      select name from ingests cross join lateral regexp_replace(folder, '^.*/', '') name
        where source = 'upload' and name = any(${[...names]}::text[])`.execute(db);
    return new Set(rows.map(({ name }) => name));
  }

  /** Id of an ingest of the project, or into the deployment, whose scan has not ended; null if there is none. */
  async findUnfinished(db: Executor, projectId: number, deploymentId?: number | null): Promise<number | null> {
    const ofDeployment = deploymentId == null ? sql`` : sql`and i.deployment_id = ${deploymentId}`;
    const { rows } = await sql<{ id: number }>`
      select i.id from tasks t join ingests i on i.id = t.subject_id
      where t.kind = 'scan' and t.state in ('waiting', 'queued', 'running') and i.project_id = ${projectId}
        ${ofDeployment} limit 1`.execute(db);
    return rows[0]?.id ?? null;
  }

  /** Whether a file of the ingest was skipped for one of these reasons. */
  async hasSkipped(db: Executor, ingestId: number, reasonCodes: readonly string[]): Promise<boolean> {
    const row = await db
      .selectFrom('ingest_files')
      .select('path')
      .where('ingest_id', '=', ingestId)
      .where('outcome', '=', 'skipped')
      .where('reason_code', 'in', [...reasonCodes])
      .limit(1)
      .executeTakeFirst();
    return row !== undefined;
  }

  /** Lists files after `afterPath`, in order of path. */
  async files(
    db: Executor,
    ingestId: number,
    outcome: IngestFileOutcome | null,
    afterPath: string,
    limit: number,
  ): Promise<IngestFileRow[]> {
    let query = db
      .selectFrom('ingest_files')
      .selectAll()
      .where('ingest_id', '=', ingestId)
      .where('path', '>', afterPath);
    if (outcome !== null) query = query.where('outcome', '=', outcome);
    return query.orderBy('path').limit(limit).execute();
  }
}
