import type { BulkChangesDependencies } from './features/bulk-changes/bulk-changes.dependencies';
import type { DeploymentsDependencies } from './features/deployments/deployments.dependencies';
import type { EventsDependencies } from './features/events/events.dependencies';
import type { ExportsDependencies } from './features/exports/exports.dependencies';
import type { ImagesDependencies } from './features/images/images.dependencies';
import type { IncidentsDependencies } from './features/incidents/incidents.dependencies';
import type { IngestsDependencies } from './features/ingests/ingests.dependencies';
import type { KeysDependencies } from './features/keys/keys.dependencies';
import type { LocationsDependencies } from './features/locations/locations.dependencies';
import type { ModelsDependencies } from './features/models/models.dependencies';
import type { ProjectsDependencies } from './features/projects/projects.dependencies';
import type { RenditionsDependencies } from './features/renditions/renditions.dependencies';
import type { ReviewsDependencies } from './features/reviews/reviews.dependencies';
import type { RunsDependencies } from './features/runs/runs.dependencies';
import type { StaticDetectionsDependencies } from './features/static-detections/static-detections.dependencies';
import type { StatisticsDependencies } from './features/statistics/statistics.dependencies';
import type { SystemDependencies } from './features/system/system.dependencies';
import type { TaxaDependencies } from './features/taxa/taxa.dependencies';
import type { UploadsDependencies } from './features/uploads/uploads.dependencies';
import type { AccessDependencies } from './http/access/access.dependencies';
import type { IdempotencyDependencies } from './http/idempotency/idempotency.dependencies';
import type { FeedRouterDependencies } from './features/feed/feed.router';
import type { GatewaySettings } from './settings';
import type { RateLimiters } from '@pugmark/cache';
import type { Logger, Registry } from '@pugmark/platform';

/**
 * What the API as a whole needs from the composition root: the dependencies of all features and of the shared parts.
 */
export type GatewayDependencies = AccessDependencies &
  BulkChangesDependencies &
  DeploymentsDependencies &
  EventsDependencies &
  ExportsDependencies &
  FeedRouterDependencies &
  IdempotencyDependencies &
  ImagesDependencies &
  IncidentsDependencies &
  IngestsDependencies &
  KeysDependencies &
  LocationsDependencies &
  ModelsDependencies &
  ProjectsDependencies &
  RenditionsDependencies &
  ReviewsDependencies &
  RunsDependencies &
  StaticDetectionsDependencies &
  StatisticsDependencies &
  SystemDependencies &
  TaxaDependencies &
  UploadsDependencies & {
    readonly limiters: RateLimiters;
    readonly settings: GatewaySettings;
    readonly logger: Logger;
    readonly metrics: Registry;
  };
