import type { Request } from 'express';
import busboy from 'busboy';
import { safeFileName, type UploadedFile } from '@pugmark/storage';
import { HttpProblem, badFields } from '../../http/http-problem';
import type { UploadTarget } from './accept-upload';
import { cutOff, fileTooLarge, tooManyFiles, uploadTooLarge } from './upload-problems';

/** Maximum size of a preamble, which is ignored. */
const MAX_PREAMBLE_BYTES = 256 * 1024;
/** Small files arrive faster than they are written, each with an open file and its content in memory. */
const MAX_CONCURRENT_WRITES = 16;

/**
 * Streams the files of a multipart form to disk and returns them when all are complete. Rejects at the first violation,
 * once no write is in progress, so that the caller can remove the files.
 */
export async function receiveForm(request: Request, target: UploadTarget): Promise<UploadedFile[]> {
  // Its `close` event has passed: nothing would ever arrive.
  if (request.destroyed) throw cutOff();
  const parser = parserFor(request, target);
  const writes: Promise<UploadedFile>[] = [];
  // One check at a time: a form of a thousand small files must not fill the queue that all uploads share.
  let checks: Promise<unknown> = Promise.resolve();
  let unfinished = 0;
  try {
    await new Promise<void>((resolve, reject) => {
      parser.on('file', (_field, content, { filename }) => {
        // Otherwise a stream destroyed before its writer starts would be an unhandled error.
        content.on('error', () => undefined);
        const name = filename ?? 'unnamed';
        content.on('limit', () => reject(fileTooLarge(safeFileName(name), target.maxBytes)));
        const write = target.upload.add(name, content).finally(() => {
          unfinished -= 1;
          if (unfinished < MAX_CONCURRENT_WRITES) request.resume();
        });
        unfinished += 1;
        if (unfinished >= MAX_CONCURRENT_WRITES) request.pause();
        writes.push(write);
        checks = Promise.all([write, checks]).then(([file]) => target.assertImage(file));
        checks.catch(reject);
      });
      parser.on('filesLimit', () => reject(tooManyFiles(target.maxFiles)));
      parser.on('partsLimit', () => reject(tooManyFiles(target.maxFiles)));
      parser.on('fieldsLimit', () =>
        reject(
          badFields([
            {
              field: 'form',
              message: 'contains a field that is not a file: only files are accepted, parameters go into the query',
            },
          ]),
        ),
      );
      parser.on('error', (error) => reject(badForm('the form is malformed or cut off', error)));
      parser.on('close', resolve);
      request.on('error', (error) => reject(cutOff(error)));
      request.on('close', () => {
        if (!request.complete) reject(cutOff());
      });
      request.pipe(parser);
      let bytes = 0;
      request.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > target.maxTotalBytes) reject(uploadTooLarge(target.maxTotalBytes));
        else if (bytes > MAX_PREAMBLE_BYTES && writes.length === 0)
          reject(badForm(`the form has more than ${MAX_PREAMBLE_BYTES} bytes before its first file`));
      });
    });
    await checks;
    return await Promise.all(writes);
  } catch (error) {
    request.unpipe(parser);
    parser.destroy();
    await Promise.allSettled([...writes, checks]);
    throw error;
  }
}

function parserFor(request: Request, { maxBytes, maxFiles }: UploadTarget): busboy.Busboy {
  const type = request.get('content-type') ?? '';
  if (!/^multipart\/form-data\s*;/i.test(type))
    throw new HttpProblem(415, 'form_expected', 'the body must be multipart/form-data');
  try {
    return busboy({
      headers: request.headers,
      defParamCharset: 'utf8',
      // busboy truncates at the limit itself: a file of exactly that size would seem too large. Parts that are neither
      // file nor field count too.
      limits: { fileSize: maxBytes + 1, files: maxFiles, fields: 0, parts: maxFiles + 1 },
    });
  } catch (cause) {
    throw badForm('the form has no boundary', cause);
  }
}

function badForm(detail: string, cause?: unknown): HttpProblem {
  return new HttpProblem(400, 'bad_form', detail, { cause });
}
