import type {
  StatisticsCache,
  Database,
  EventRepository,
  IdempotencyRepository,
  ProjectRepository,
  ReviewRepository,
  TaxonRepository,
} from '@pugmark/db';

/** Dependencies of reviews, provided by the composition root. */
export interface ReviewsDependencies {
  readonly db: Database;
  readonly counts: StatisticsCache;
  readonly projects: ProjectRepository;
  readonly taxa: TaxonRepository;
  readonly idempotency: IdempotencyRepository;
  readonly reviews: ReviewRepository;
  readonly events: EventRepository;
}
