import type { Generated, JSONColumnType } from 'kysely';

export interface EngineReportsTable {
  /** Host, service and process. */
  worker: string;
  engine: JSONColumnType<EngineReport>;
  reported_at: Generated<Date>;
}

/** What one ml-worker computes with, and why. */
export interface EngineReport {
  readonly name: string;
  readonly device: string;
  readonly reason: string;
  readonly version: string;
  readonly processes: number;
  /** Ready to take work. */
  readonly processesReady: number;
}
