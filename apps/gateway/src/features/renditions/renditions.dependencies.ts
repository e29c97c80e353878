import type { Database, ImageRepository } from '@pugmark/db';
import type { ImageStorage } from '@pugmark/storage';
import type { GatewaySettings } from '../../settings';
import type { Renditions } from './renditions';

/** Dependencies of renditions, provided by the composition root. */
export interface RenditionsDependencies {
  readonly db: Database;
  readonly images: ImageRepository;
  readonly imageFiles: ImageStorage;
  readonly renditions: Renditions;
  readonly settings: Pick<GatewaySettings, 'ingestRoots' | 'pixelLimit'>;
}
