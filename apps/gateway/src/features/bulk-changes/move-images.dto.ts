import { Description, Id, Nested, Optional } from '../../http/dto/fields';
import { ImageSelectionBody } from './image-selection.dto';

export class MoveImagesBody {
  @Nested(ImageSelectionBody)
  readonly images!: ImageSelectionBody;

  @Description('The deployment that the images belong to from then on; null: none. Required.')
  @Optional()
  @Id()
  readonly toDeploymentId?: number | null;
}
