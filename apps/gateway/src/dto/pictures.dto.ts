import { Optional, QueryBoolean, QueryFraction } from './decorators';

export class OriginalQuery {
  /** To be saved as a file, instead of shown. */
  @QueryBoolean()
  readonly download: boolean = false;
}

export class RenditionQuery {
  /** Draws a frame around each detection that counts. */
  @QueryBoolean()
  readonly boxes: boolean = false;

  /** Makes people unrecognisable, however unsure the model is of them. */
  @QueryBoolean()
  readonly blurPeople: boolean = false;

  /** From which confidence on a detection is framed; default: the threshold of the model that found it. */
  @Optional()
  @QueryFraction()
  readonly minConfidence?: number;
}
