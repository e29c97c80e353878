import type { Request } from 'express';
import { isDatabaseUnavailable } from '@pugmark/db';
import { PermanentError } from '@pugmark/domain';
import type { IncomingUpload, UploadedFile } from '@pugmark/storage';
import { unprocessable } from '../../http/http-problem';
import type { Call } from '../../http/operation';
import type { UploadsDependencies } from './uploads.dependencies';
import type { UploadQuery } from '../ingests/ingests.dto';
import { hideFolders } from '../../http/dto/hide-folders';
import { createIngest } from '../ingests/create-ingest';
import { createOnce } from '../../http/idempotency/create-once';
import { refusedFile, uploadTooLarge } from './upload-problems';

/** Limits and target of the files of a request. */
export interface UploadTarget {
  readonly upload: IncomingUpload;
  /** Per file. */
  readonly maxBytes: number;
  readonly maxFiles: number;
  /** Of all files, as sent and as unpacked. */
  readonly maxTotalBytes: number;
  readonly maxZipRatio: number;
  /** Throws a 422 that names the file and says why it is not an acceptable image. */
  readonly assertImage: (file: UploadedFile) => Promise<void>;
}

/** Reads and checks the images of a request. When it throws, no write is in progress any more. */
export type Receive = (request: Request, reception: UploadTarget) => Promise<UploadedFile[]>;

/** Accepts the images of a request, all of them or none, and creates an ingest of them; returns its id. */
export async function acceptUpload(
  call: Call<UploadQuery, undefined>,
  deps: UploadsDependencies,
  receive: Receive,
): Promise<number> {
  const { query, request, traceparent } = call;
  const { settings } = deps;
  if (Number(request.get('content-length') ?? 0) > settings.uploadMaxTotalBytes)
    throw uploadTooLarge(settings.uploadMaxTotalBytes);
  const upload = await deps.uploads.begin();
  let committing = false;
  // After the last byte the connection is idle, however long unpacking and checking the images takes.
  const { timeout } = request.socket;
  const disableIdleTimeout = (): void => void request.socket.setTimeout(0);
  request.once('end', disableIdleTimeout);
  try {
    const files = await receive(request, uploadTarget(upload, deps));
    if (files.length === 0) throw unprocessable('no_files', 'body', 'the body contains no image');
    // The folder is in place before the row that points to it: a row without its files would be an empty ingest.
    const folder = await upload.finish();
    committing = true;
    const content = files.map(({ name, sha256 }) => ({ name, sha256 }));
    const { id, repeated } = await createOnce(deps, call, content, (tx) =>
      createIngest(tx, deps, {
        projectId: query.projectId,
        deploymentId: query.deploymentId ?? null,
        source: 'upload',
        mode: 'copy',
        folder,
        detect: query.detect,
        traceparent,
      }),
    );
    if (repeated) await upload.discard();
    return id;
  } catch (error) {
    // When the connection broke during the commit, the ingest may exist: its files stay until the cleanup has checked.
    if (!committing || !isDatabaseUnavailable(error)) await upload.discard();
    throw error;
  } finally {
    request.off('end', disableIdleTimeout);
    request.socket.setTimeout(timeout ?? 0);
  }
}

function uploadTarget(upload: IncomingUpload, { settings, imageChecker }: UploadsDependencies): UploadTarget {
  return {
    upload,
    maxBytes: settings.uploadMaxBytes,
    maxFiles: settings.uploadMaxFiles,
    maxTotalBytes: settings.uploadMaxTotalBytes,
    maxZipRatio: settings.uploadMaxZipRatio,
    assertImage: async ({ name, path }) => {
      await imageChecker.check(path, { pixelLimit: settings.pixelLimit }).catch((error: unknown) => {
        throw error instanceof PermanentError
          ? refusedFile(422, error.code, name, hideFolders(error.message), error)
          : error;
      });
    },
  };
}
