import type {
  BulkChangeKind,
  DatabaseTransaction,
  DeploymentWithLocation,
  ImageRepository,
  ReviewRepository,
  TaxonRow,
} from '@pugmark/db';
import type { BulkChangesDependencies } from './bulk-changes.dependencies';
import { requestBulkChange, type Requester } from './request-bulk-change';

/** Images that one request derives itself. */
export const MAX_DIRECT_IMAGES = 2_000;

export type ImageDeriverDependencies = Pick<BulkChangesDependencies, 'bulkChanges' | 'tasks'> & {
  readonly images: ImageRepository;
  readonly reviews: ReviewRepository;
};

/**
 * Derives images again for one request that corrects what they are derived from: in the transaction of the request
 * while they are few, else in a bulk change. It replaces what is left of earlier bulk changes of the same subject,
 * which must be locked.
 */
export class ImageDeriver {
  readonly #deps: ImageDeriverDependencies;
  readonly #requester: Requester;
  #tx: DatabaseTransaction | undefined;
  #left = MAX_DIRECT_IMAGES;

  constructor(deps: ImageDeriverDependencies, requester: Requester) {
    this.#deps = deps;
    this.#requester = requester;
  }

  /** After a change of the zone, clock or dates of a deployment. */
  async deriveDeployment(tx: DatabaseTransaction, { id, project_id }: DeploymentWithLocation): Promise<void> {
    const { images } = this.#deps;
    await this.#supersede(tx, 'deployment_times', id);
    const ids = await images.listOfDeployment(tx, id, 0, MAX_DIRECT_IMAGES + 1);
    if (this.#take(tx, ids.length)) return images.deriveTimes(tx, ids);
    const total = await images.countOfDeployment(tx, id);
    await this.#request(tx, 'deployment_times', project_id, id, total);
  }

  /** After a change of the name or category of a taxon. */
  async deriveTaxon(tx: DatabaseTransaction, { id, project_id }: TaxonRow): Promise<void> {
    const { images, reviews } = this.#deps;
    await this.#supersede(tx, 'taxon', id);
    const ids = await reviews.listImagesWithTaxon(tx, project_id, id, 0, MAX_DIRECT_IMAGES + 1);
    if (this.#take(tx, ids.length)) return images.deriveObservations(tx, ids);
    const total = await reviews.countImagesWithTaxon(tx, project_id, id);
    await this.#request(tx, 'taxon', project_id, id, total);
  }

  /** Whether this request may still derive so many images itself, in its one transaction. */
  #take(tx: DatabaseTransaction, count: number): boolean {
    // The transaction may be retried.
    if (tx !== this.#tx) this.#left = MAX_DIRECT_IMAGES;
    this.#tx = tx;
    if (count > this.#left) return false;
    this.#left -= count;
    return true;
  }

  async #request(
    tx: DatabaseTransaction,
    kind: BulkChangeKind,
    projectId: number,
    subjectId: number,
    total: number,
  ): Promise<void> {
    await requestBulkChange(tx, this.#deps, this.#requester, { kind, projectId, subjectId, parameters: {}, total });
  }

  async #supersede(tx: DatabaseTransaction, kind: BulkChangeKind, subjectId: number): Promise<void> {
    const { bulkChanges, tasks } = this.#deps;
    for (const id of await bulkChanges.supersede(tx, kind, subjectId)) await tasks.cancel(tx, 'derive', id);
  }
}
