import type { CreatedAt, Id, WallClock } from '../connection/columns';
import type { StorageMode } from '../ingests/ingests.tables';
import type { DstIssue } from '../sql/local-time';

export type ImageFormat = 'jpeg' | 'png' | 'webp' | 'tiff';

export interface ImagesTable {
  id: Id;
  project_id: number;
  deployment_id: number | null;
  ingest_id: number;
  sha256: Buffer;
  mode: StorageMode;
  location: string;
  file_path: string;
  format: ImageFormat;
  bytes: number;
  width: number;
  height: number;
  captured_local: WallClock | null;
  captured_at: Date | null;
  /** Local time that a person entered; takes precedence over `captured_local`. */
  manual_local: WallClock | null;
  dst_issue: DstIssue | null;
  camera_make: string | null;
  camera_model: string | null;
  camera_serial: string | null;
  latitude: number | null;
  longitude: number | null;
  created_at: CreatedAt;
}

/** Contents of deleted images, of which files in the storage are still to be removed. */
export interface DeletedContentsTable {
  sha256: Buffer;
  /** Key in the content-addressed storage; null: it holds renditions of the image only. */
  location: string | null;
}
