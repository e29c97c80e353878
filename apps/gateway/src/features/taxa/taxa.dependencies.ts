import type {
  BulkChangeRepository,
  Database,
  IdempotencyRepository,
  ImageRepository,
  ProjectRepository,
  ReviewRepository,
  TaskRepository,
  TaxonRepository,
} from '@pugmark/db';

/** Dependencies of taxa, provided by the composition root. */
export interface TaxaDependencies {
  readonly db: Database;
  readonly projects: ProjectRepository;
  readonly taxa: TaxonRepository;
  readonly idempotency: IdempotencyRepository;
  readonly reviews: ReviewRepository;
  readonly images: ImageRepository;
  readonly bulkChanges: BulkChangeRepository;
  readonly tasks: TaskRepository;
}
