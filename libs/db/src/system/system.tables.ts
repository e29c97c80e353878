import type { Generated, JSONColumnType } from 'kysely';

export interface EngineReportsTable {
  /** Host, service and process id. */
  worker: string;
  engine: JSONColumnType<EngineReport>;
  reported_at: Generated<Date>;
}

/** The engine of one ml-worker, and why it was chosen. */
export interface EngineReport {
  readonly name: string;
  readonly device: string;
  readonly reason: string;
  readonly version: string;
  readonly processes: number;
  /** Processes that accept work. */
  readonly processesReady: number;
}
