import type { BrokerStatus } from '@pugmark/broker';
import type { Cache, RateLimiters } from '@pugmark/cache';
import type {
  ApiKeyRepository,
  AuditRepository,
  Counts,
  Database,
  DeploymentRepository,
  EngineReportRepository,
  EventRepository,
  ExportRepository,
  FeedRepository,
  IdempotencyRepository,
  ImageRepository,
  IncidentRepository,
  IngestRepository,
  LocationRepository,
  ModelRepository,
  ProjectRepository,
  ReviewRepository,
  RunControlRepository,
  RunRepository,
  SessionRepository,
  StaticBoxRepository,
  TaskRepository,
  TaxonRepository,
} from '@pugmark/db';
import type { Logger, Registry } from '@pugmark/platform';
import type { ExportStorage, PictureStorage, UploadStorage } from '@pugmark/storage';
import type { EventStreams } from './features/feed/event-streams';
import type { PictureCheck } from './features/renditions/image-checker';
import type { Renditions } from './features/renditions/renditions';

export interface Stores {
  readonly db: Database;
  readonly counts: Counts;
  readonly projects: ProjectRepository;
  readonly deployments: DeploymentRepository;
  readonly locations: LocationRepository;
  readonly taxa: TaxonRepository;
  readonly images: ImageRepository;
  readonly models: ModelRepository;
  readonly engineReports: EngineReportRepository;
  readonly runs: RunRepository;
  readonly runControl: RunControlRepository;
  readonly ingests: IngestRepository;
  readonly tasks: TaskRepository;
  readonly exports: ExportRepository;
  readonly idempotency: IdempotencyRepository;
  readonly keys: ApiKeyRepository;
  readonly sessions: SessionRepository;
  readonly staticBoxes: StaticBoxRepository;
  readonly audit: AuditRepository;
  readonly incidents: IncidentRepository;
  readonly feed: FeedRepository;
  readonly reviews: ReviewRepository;
  readonly events: EventRepository;
}

export interface GatewaySettings {
  readonly ingestRoots: readonly string[];
  readonly uploadMaxBytes: number;
  readonly uploadMaxFiles: number;
  /** Of one upload, as sent and as unpacked. */
  readonly uploadMaxTotalBytes: number;
  /** What a ZIP archive unpacks to, as a multiple of its size. */
  readonly uploadMaxZipRatio: number;
  /** Largest picture that is taken or rendered. */
  readonly pixelLimit: number;
  /** `open`: no keys are asked for. */
  readonly auth: 'keys' | 'open';
  /** Of one caller; 0: any number. */
  readonly requestsPerMinute: number;
  /** How many proxies of one's own stand before this server; what they say of a client's address is believed. */
  readonly trustedProxies: number;
  /** As many of each may wait; more are not taken on. */
  readonly maxWaitingScans: number;
  readonly maxWaitingExports: number;
  readonly maxOpenRuns: number;
}

/** Everything that the API is made of; the composition root supplies it. */
export interface GatewayDependencies {
  readonly stores: Stores;
  readonly uploads: UploadStorage;
  readonly exportFiles: ExportStorage;
  readonly pictures: PictureStorage;
  readonly renditions: Renditions;
  readonly pictureCheck: PictureCheck;
  readonly cache: Cache;
  readonly limiters: RateLimiters;
  readonly events: EventStreams;
  readonly settings: GatewaySettings;
  /** What `GET /system` says of the broker. */
  readonly brokerStatus: () => BrokerStatus;
  readonly version: string;
  readonly logger: Logger;
  readonly metrics: Registry;
}
