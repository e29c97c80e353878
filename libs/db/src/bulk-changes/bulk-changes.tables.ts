import type { Generated, JSONColumnType } from 'kysely';
import type { CreatedAt, Id } from '../connection/columns';
import type { ImageSelection } from '../images/image-selection';

/**
 * What a bulk change does.
 * - `deployment_times`: derives the times of the images of a deployment again, after its zone, clock or dates changed.
 * - `taxon`: derives the observations of a taxon again, after its name or category changed.
 * - `move_images`: assigns images to another deployment, or to none.
 * - `delete_images`, `delete_deployment`, `delete_project`: deletes images, with everything that is known of them, and
 *   their files in the storage.
 */
export const BULK_CHANGE_KINDS = [
  'deployment_times',
  'taxon',
  'move_images',
  'delete_images',
  'delete_deployment',
  'delete_project',
] as const;

export type BulkChangeKind = (typeof BULK_CHANGE_KINDS)[number];

export interface BulkChangesTable {
  id: Id;
  kind: BulkChangeKind;
  /** Null: the project was deleted. */
  project_id: number | null;
  /** Id of the deployment or taxon; null: the change concerns neither. */
  subject_id: number | null;
  parameters: JSONColumnType<BulkChangeParameters>;
  /** Images with ids up to this one are done. */
  position: Generated<number>;
  /** Images to change, counted when the change was requested. */
  total: number;
  done: Generated<number>;
  requested_by: string;
  /** A later change of the same subject replaces this one. */
  superseded: Generated<boolean>;
  /** The last feed row of the change is still to be written. */
  feed_pending: Generated<boolean>;
  created_at: CreatedAt;
}

/** An absent property does not apply to the kind. */
export interface BulkChangeParameters {
  /** The images to move or to delete. */
  readonly selection?: ImageSelection;
  /** The deployment to move images to; null: none. */
  readonly toDeploymentId?: number | null;
}
