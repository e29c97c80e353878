import type { ImageSelection } from '@pugmark/db';
import { Description, Id, Ids, Optional } from '../../http/dto/fields';
import { contradictingFields } from '../../http/http-problem';

const MAX_IMAGES = 10_000;

/** Images of the project that have each of the given properties. */
export class ImageSelectionBody {
  @Description('These images.')
  @Optional()
  @Ids(MAX_IMAGES)
  readonly imageIds?: readonly number[] | null;

  @Description('The images that this ingest added.')
  @Optional()
  @Id()
  readonly ingestId?: number | null;

  @Description('The images of this deployment.')
  @Optional()
  @Id()
  readonly deploymentId?: number | null;
}

/** Throws a 422 for a selection without any property: it would select the whole project. */
export function imageSelection(body: ImageSelectionBody, field: string): ImageSelection {
  const { imageIds, ingestId, deploymentId } = body;
  if (imageIds == null && ingestId == null && deploymentId == null)
    throw contradictingFields([{ field, message: 'selects no images: give imageIds, ingestId or deploymentId' }]);
  return {
    ...(imageIds == null ? {} : { imageIds }),
    ...(ingestId == null ? {} : { ingestId }),
    ...(deploymentId == null ? {} : { deploymentId }),
  };
}
