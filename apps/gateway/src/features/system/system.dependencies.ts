import type { Database, EngineReportRepository, ModelRepository, TaskRepository } from '@pugmark/db';
import type { BrokerStatus } from '@pugmark/broker';
import type { Cache } from '@pugmark/cache';

/** Dependencies of the system operations, provided by the composition root. */
export interface SystemDependencies {
  readonly db: Database;
  readonly models: ModelRepository;
  readonly engineReports: EngineReportRepository;
  readonly tasks: TaskRepository;
  readonly cache: Cache;
  readonly brokerStatus: () => BrokerStatus;
  readonly version: string;
}
