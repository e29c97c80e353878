import type { UploadStorage } from '@pugmark/storage';
import type { GatewaySettings } from '../../settings';
import type { IngestsDependencies } from '../ingests/ingests.dependencies';
import type { ImageChecker } from '../renditions/image-checker';

/** Dependencies of uploads, provided by the composition root. An upload becomes an ingest. */
export interface UploadsDependencies extends Omit<IngestsDependencies, 'settings'> {
  readonly uploads: UploadStorage;
  readonly imageChecker: ImageChecker;
  readonly settings: Pick<
    GatewaySettings,
    'maxWaitingScans' | 'pixelLimit' | 'uploadMaxBytes' | 'uploadMaxFiles' | 'uploadMaxTotalBytes' | 'uploadMaxZipRatio'
  >;
}
