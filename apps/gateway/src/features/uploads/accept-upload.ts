import type { Request } from 'express';
import { isDatabaseAway } from '@pugmark/db';
import { PermanentError } from '@pugmark/domain';
import type { IncomingUpload, UploadedFile } from '@pugmark/storage';
import { unprocessable } from '../../http/http-problem';
import type { Call } from '../../http/operation';
import type { UploadsDependencies } from './uploads.dependencies';
import type { UploadQuery } from '../ingests/ingests.dto';
import { withoutPaths } from '../../http/dto/hide-folders';
import { createIngest } from '../ingests/create-ingest';
import { createOnce } from '../../http/idempotency/create-once';
import { refusedFile, uploadTooLarge } from './upload-problems';

/** What a request's files are read into. */
export interface Reception {
  readonly upload: IncomingUpload;
  /** Of one file. */
  readonly maxBytes: number;
  readonly maxFiles: number;
  /** Of all, as sent and as unpacked. */
  readonly maxTotalBytes: number;
  readonly maxZipRatio: number;
  /** Throws the 422 that names the file and says why it is no picture to take. */
  readonly assertPicture: (file: UploadedFile) => Promise<void>;
}

/** Reads the pictures of a request, each of them checked. When it throws, nothing of it is written any more. */
export type Receive = (request: Request, reception: Reception) => Promise<UploadedFile[]>;

/** Takes the pictures of a request in, all of them or none, and makes an ingest of them; answers its id. */
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
  // After the last byte nothing moves on the connection, however long it takes to unpack the pictures and to look at them.
  const { timeout } = request.socket;
  const stayOpen = (): void => void request.socket.setTimeout(0);
  request.once('end', stayOpen);
  try {
    const files = await receive(request, receptionOf(upload, deps));
    if (files.length === 0) throw unprocessable('no_files', 'body', 'the body holds no picture');
    // In its place before the row that points to it: a row without its files would be an ingest of nothing.
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
    // Cut off while it committed, the database may hold the ingest: its files stay until the sweep has asked.
    if (!committing || !isDatabaseAway(error)) await upload.discard();
    throw error;
  } finally {
    request.off('end', stayOpen);
    request.socket.setTimeout(timeout ?? 0);
  }
}

function receptionOf(upload: IncomingUpload, { settings, imageChecker }: UploadsDependencies): Reception {
  return {
    upload,
    maxBytes: settings.uploadMaxBytes,
    maxFiles: settings.uploadMaxFiles,
    maxTotalBytes: settings.uploadMaxTotalBytes,
    maxZipRatio: settings.uploadMaxZipRatio,
    assertPicture: async ({ name, path }) => {
      await imageChecker.check(path, { pixelLimit: settings.pixelLimit }).catch((error: unknown) => {
        throw error instanceof PermanentError
          ? refusedFile(422, error.code, name, withoutPaths(error.message), error)
          : error;
      });
    },
  };
}
