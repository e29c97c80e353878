import { About, MayBeAbsent, QueryBoolean, QueryFraction } from '../../http/dto/fields';

export class OriginalQuery {
  @About('To be saved as a file, instead of shown.')
  @QueryBoolean()
  readonly download: boolean = false;
}

export class RenditionQuery {
  @About('Draws a frame around what counts: what a person said is there, else what the model found that looked last.')
  @QueryBoolean()
  readonly boxes: boolean = false;

  @About(
    'Makes people unrecognisable: whom a person says is there, and whatever a model may have taken for one, however unsure. Of someone without a box the whole picture.',
  )
  @QueryBoolean()
  readonly blurPeople: boolean = false;

  @About('From which confidence on what the model found is framed; default: its threshold.')
  @MayBeAbsent()
  @QueryFraction()
  readonly minConfidence?: number;
}
