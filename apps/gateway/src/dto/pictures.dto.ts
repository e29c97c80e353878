import { About, MayBeAbsent, QueryBoolean, QueryFraction } from './fields';

export class OriginalQuery {
  @About('To be saved as a file, instead of shown.')
  @QueryBoolean()
  readonly download: boolean = false;
}

export class RenditionQuery {
  @About('Draws a frame around each detection that counts.')
  @QueryBoolean()
  readonly boxes: boolean = false;

  @About('Makes people unrecognisable, however unsure the model is of them.')
  @QueryBoolean()
  readonly blurPeople: boolean = false;

  @About('From which confidence on a detection is framed; default: the threshold of the model that found it.')
  @MayBeAbsent()
  @QueryFraction()
  readonly minConfidence?: number;
}
