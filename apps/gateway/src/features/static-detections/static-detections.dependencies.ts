import type { Database, DeploymentRepository, StaticDetectionRepository } from '@pugmark/db';

/** Dependencies of static detections, provided by the composition root. */
export interface StaticDetectionsDependencies {
  readonly db: Database;
  readonly deployments: DeploymentRepository;
  readonly staticDetections: StaticDetectionRepository;
}
