import { AnyText, Count, Description, Id, Nested, OneOf, Optional, Text } from '../../http/dto/fields';
import { ImageSelectionBody } from './image-selection.dto';

export const DELETION_TARGETS = ['images', 'deployment', 'project'] as const;

export type DeletionTarget = (typeof DELETION_TARGETS)[number];

export class DeletionBody {
  @Description(
    '`images`: the selected ones. `deployment`: it, with its images. `project`: it, with everything that belongs to it.',
  )
  @OneOf(DELETION_TARGETS)
  readonly target!: DeletionTarget;

  @Description('For `images`.')
  @Optional()
  @Nested(ImageSelectionBody)
  readonly images?: ImageSelectionBody | null;

  @Description('For `deployment`.')
  @Optional()
  @Id()
  readonly deploymentId?: number | null;
}

export class ConfirmedDeletionBody extends DeletionBody {
  @Description('The `confirmation` of the preview, which says what will be deleted.')
  @Text(500)
  readonly confirmation!: string;
}

export class DeletionPreview {
  @Description('Images that will be deleted, with all results and annotations, and their copies in the storage.')
  @Count()
  readonly images!: number;

  @Description('Of these, images that a person has annotated.')
  @Count()
  readonly reviewedImages!: number;

  @Description('To be sent with the deletion.')
  @AnyText()
  readonly confirmation!: string;
}
