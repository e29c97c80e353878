import type { Request } from 'express';
import type { UploadedFile } from '@pugmark/storage';
import { HttpProblem } from '../../http/http-problem';
import type { UploadTarget } from './accept-upload';
import { cutOff, uploadTooLarge } from './upload-problems';
import { unpackZip } from './zip/unpack-zip';

/** Streams a ZIP archive to disk (its directory is at its end) and unpacks its images, each into its folders. */
export async function receiveZip(request: Request, target: UploadTarget): Promise<UploadedFile[]> {
  const type = request.get('content-type')?.split(';')[0]?.trim().toLowerCase();
  if (type !== 'application/zip') throw new HttpProblem(415, 'zip_expected', 'the body must be application/zip');
  const path = await target.upload.storeSideFile(bodyOf(request, target.maxTotalBytes));
  return unpackZip(path, target);
}

async function* bodyOf(request: Request, maxBytes: number): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  // Not destroyed on early return: the client still gets a response.
  const chunks = request.iterator({ destroyOnReturn: false }) as AsyncIterableIterator<Buffer>;
  for (;;) {
    const { value, done } = await chunks.next().catch((error: unknown) => Promise.reject(cutOff(error)));
    if (done === true) return;
    bytes += (value as Buffer).length;
    if (bytes > maxBytes) {
      await chunks.return?.();
      throw uploadTooLarge(maxBytes);
    }
    yield value as Buffer;
  }
}
