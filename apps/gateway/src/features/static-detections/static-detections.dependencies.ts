import type { Database, DeploymentRepository, StaticBoxRepository } from '@pugmark/db';

/** What static detections need from the composition root. */
export interface StaticDetectionsDependencies {
  readonly db: Database;
  readonly deployments: DeploymentRepository;
  readonly staticBoxes: StaticBoxRepository;
}
