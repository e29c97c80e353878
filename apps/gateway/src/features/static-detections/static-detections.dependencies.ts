import type { Database, DeploymentRepository, StaticDetectionRepository } from '@pugmark/db';

/** What static detections need from the composition root. */
export interface StaticDetectionsDependencies {
  readonly db: Database;
  readonly deployments: DeploymentRepository;
  readonly staticDetections: StaticDetectionRepository;
}
