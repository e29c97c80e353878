import { Description, Id, ListOf, Sha256s } from '../../http/dto/fields';

export class MissingImagesBody {
  @Id()
  readonly projectId!: number;

  @Description('SHA-256 digests of whole files.')
  @Sha256s(1_000)
  readonly sha256!: readonly string[];
}

export class MissingImages {
  @Description('Digests of which the project has no image, in request order, without duplicates.')
  @ListOf({ type: 'string' })
  readonly missing!: readonly string[];
}
