import {
  streamDetectionRows,
  streamObservationRows,
  type Database,
  type DatabaseTransaction,
  type ExportArtifact,
  type ExportContent,
  type ExportRepository,
  type ExportWithTask,
} from '@pugmark/db';
import type { Cache } from '@pugmark/cache';
import type { ClaimedTask, TaskOutcome } from '@pugmark/domain';
import type { Logger } from '@pugmark/platform';
import type { ExportStorage, StoredFile } from '@pugmark/storage';
import type { TaskContext, TaskHandler } from '@pugmark/tasks';
import { DETECTIONS_HEADER, detectionRecords } from '../csv/detections-csv';
import { OBSERVATIONS_HEADER, observationRecords } from '../csv/observations-csv';
import { ProgressReporter } from '../services/progress-reporter';

export interface ExportStores {
  readonly db: Database;
  readonly exports: ExportRepository;
  readonly cache: Cache;
  readonly logger: Logger;
}

export interface ExportOptions {
  /** Minimum time that a file can be downloaded. */
  readonly keepSeconds: number;
  readonly pageRows: number;
}

type WritePage = (csv: string, rows: number, total: number) => Promise<void>;

interface Content {
  readonly header: string;
  readonly pages: (db: Database, entry: ExportWithTask, pageRows: number, write: WritePage) => Promise<void>;
}

const CONTENTS: Readonly<Record<ExportContent, Content>> = {
  detections: {
    header: DETECTIONS_HEADER,
    pages: (db, entry, pageRows, write) =>
      streamDetectionRows(db, entry.project_id, entry.filter, pageRows, (rows, total) =>
        write(detectionRecords(rows), rows.length, total),
      ),
  },
  observations: {
    header: OBSERVATIONS_HEADER,
    pages: (db, entry, pageRows, write) =>
      streamObservationRows(db, entry.project_id, entry.filter, pageRows, (rows, total) =>
        write(observationRecords(rows), rows.length, total),
      ),
  },
};

/** Writes the file of an export from one snapshot, page by page, in constant memory. */
export class ExportHandler implements TaskHandler<DatabaseTransaction, ExportArtifact> {
  readonly kind = 'export' as const;
  readonly #stores: ExportStores;
  readonly #files: ExportStorage;
  readonly #options: ExportOptions;

  constructor(stores: ExportStores, files: ExportStorage, options: ExportOptions) {
    this.#stores = stores;
    this.#files = files;
    this.#options = options;
  }

  async handle(tasks: readonly ClaimedTask[], context: TaskContext): Promise<TaskOutcome<ExportArtifact>[]> {
    return Promise.all(tasks.map((task) => this.#export(task, context)));
  }

  /** Sets file and status in one transaction: a finished export always has its file, and expires from now on. */
  async write(tx: DatabaseTransaction, done: readonly { task: ClaimedTask; result: ExportArtifact }[]): Promise<void> {
    for (const { task, result } of done)
      await this.#stores.exports.complete(tx, task.subjectId, result, this.#options.keepSeconds);
  }

  async #export(task: ClaimedTask, context: TaskContext): Promise<TaskOutcome<ExportArtifact>> {
    const entry = await this.#stores.exports.find(this.#stores.db, task.subjectId);
    if (entry === null)
      return { task, outcome: 'failed', code: 'export_missing', message: `there is no export ${task.subjectId}` };
    const stopped = AbortSignal.any([context.signalOf(task), context.draining]);
    try {
      return { task, outcome: 'done', result: await this.#writeFile(task, entry, context, stopped) };
    } catch (error) {
      if (!stopped.aborted) throw error;
      return {
        task,
        outcome: 'interrupted',
        code: 'interrupted',
        message: 'the export was interrupted; it starts again',
      };
    }
  }

  async #writeFile(
    task: ClaimedTask,
    entry: ExportWithTask,
    context: TaskContext,
    stopped: AbortSignal,
  ): Promise<ExportArtifact> {
    const { db } = this.#stores;
    const progress = new ProgressReporter(this.#stores, entry.id);
    let rowCount = 0;
    // Includes the attempt: an attempt that was taken over must not overwrite the file of its successor.
    const name = `${entry.id}-${task.attempt}.csv`;
    try {
      progress.report(0, 1);
      const file: StoredFile = await this.#files.write(
        name,
        async (write) => {
          const { header, pages } = CONTENTS[entry.content];
          await write(header);
          await pages(db, entry, this.#options.pageRows, async (csv, rows, total) => {
            await write(csv);
            rowCount += rows;
            context.progress();
            progress.report(rowCount, total);
          });
        },
        stopped,
      );
      return { fileKey: file.key, rowCount, bytes: file.bytes, sha256: file.sha256 };
    } finally {
      await progress.settled();
    }
  }
}
