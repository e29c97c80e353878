import { Description, OptionalNotNull, QueryBoolean, QueryFraction } from '../../http/dto/fields';

export class OriginalQuery {
  @Description('Download as a file instead of displaying inline.')
  @QueryBoolean()
  readonly download: boolean = false;
}

export class RenditionQuery {
  @Description('Draws boxes around effective observations: a person’s annotation, else the latest inference.')
  @QueryBoolean()
  readonly boxes: boolean = false;

  @Description(
    'Blurs people: those that a person annotated, and everything that a model took for a person at any confidence. For a person without a box the whole image.',
  )
  @QueryBoolean()
  readonly blurPeople: boolean = false;

  @Description('Minimum confidence of drawn detections; default: the threshold of the model.')
  @OptionalNotNull()
  @QueryFraction()
  readonly minConfidence?: number;
}
