import { removeDeletedContents, type Database } from '@pugmark/db';
import type { ImageStorage, RenditionStorage } from '@pugmark/storage';

/** Removes some of the files of deleted images. Returns whether none are left. */
export async function removeDeletedFiles(
  db: Database,
  images: ImageStorage,
  renditions: RenditionStorage,
): Promise<boolean> {
  const removed = await removeDeletedContents(db, {
    removeImage: (location) => images.remove(location),
    removeRenditions: (sha256) => renditions.removeAll(sha256),
  });
  return removed === 0;
}
