import type {
  Database,
  IdempotencyRepository,
  ProjectRepository,
  ReviewRepository,
  TaxonRepository,
} from '@pugmark/db';

/** Dependencies of taxa, provided by the composition root. */
export interface TaxaDependencies {
  readonly db: Database;
  readonly projects: ProjectRepository;
  readonly taxa: TaxonRepository;
  readonly idempotency: IdempotencyRepository;
  readonly reviews: ReviewRepository;
}
