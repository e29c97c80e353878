import { ArrayNotEmpty, IsInt, IsString, Max, Min } from 'class-validator';
import { FolderListSetting, IntegerSetting, ServiceConfig } from '@pugmark/platform';

export class IngestConfig extends ServiceConfig {
  /** Folders, separated by `:`, below which images may be ingested. Required: nothing else on the server is read. */
  @FolderListSetting()
  @ArrayNotEmpty()
  @IsString({ each: true })
  readonly INGEST_ROOTS!: string[];

  /** Folder of the content-addressed storage and of uploads. Required. */
  @IsString()
  readonly STORAGE_DIR!: string;

  /** Images read concurrently within one ingest. */
  @IntegerSetting()
  @IsInt()
  @Min(1)
  @Max(64)
  readonly SCAN_CONCURRENCY: number = 4;

  /** Images stored by one transaction. */
  @IntegerSetting()
  @IsInt()
  @Min(1)
  @Max(1_000)
  readonly SCAN_BATCH: number = 64;

  /**
   * Maximum size of an image file, in bytes; larger files are listed as skipped. At least the gateway's
   * UPLOAD_MAX_BYTES, or uploads are accepted that are skipped later.
   */
  @IntegerSetting()
  @IsInt()
  @Min(1)
  readonly IMAGE_MAX_BYTES: number = 256 * 1024 * 1024;

  /** Maximum size of an accepted image, in pixels: a guard against decompression bombs. */
  @IntegerSetting()
  @IsInt()
  @Min(1)
  readonly PIXEL_LIMIT: number = 200_000_000;

  /**
   * A deployment is searched for static detections once it had no new results for this many seconds; during a long run
   * every ten minutes.
   */
  @IntegerSetting()
  @IsInt()
  @Min(0)
  @Max(600)
  readonly STATIC_DETECTIONS_QUIET_SECONDS: number = 60;
}
