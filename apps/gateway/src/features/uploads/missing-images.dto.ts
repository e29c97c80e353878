import { About, Id, ListOf, Sha256s } from '../../http/dto/fields';

export class MissingImagesBody {
  @Id()
  readonly projectId!: number;

  @About('Of whole files.')
  @Sha256s(1_000)
  readonly sha256!: readonly string[];
}

export class MissingImages {
  @About('Those of which the project has no image, in the order in which they were asked for, each once.')
  @ListOf({ type: 'string' })
  readonly missing!: readonly string[];
}
