import type { Request } from 'express';
import busboy from 'busboy';
import { safeFileName, type UploadedFile } from '@pugmark/storage';
import { HttpProblem, badFields } from '../../http/http-problem';
import type { Reception } from './accept-upload';
import { cutOff, fileTooLarge, tooManyFiles, uploadTooLarge } from './upload-problems';

/** What may come before the first file: a preamble is meant for people and read by nobody. */
const MOST_BEFORE = 256 * 1024;
/** Small files arrive faster than they are written: each holds a file open, and its content in memory. */
const MOST_AT_ONCE = 16;

/**
 * Streams the files of a multipart form to disk and answers them once all are there. Rejects at the first thing that is not
 * allowed, when no write is under way any more, so that the caller can remove what was written.
 */
export async function receiveForm(request: Request, reception: Reception): Promise<UploadedFile[]> {
  // Its `close` is over: nothing would ever come.
  if (request.destroyed) throw cutOff();
  const parser = parserFor(request, reception);
  const writes: Promise<UploadedFile>[] = [];
  // One check after the other: a form of a thousand small files should not fill the queue that all uploads share.
  let checks: Promise<unknown> = Promise.resolve();
  let unfinished = 0;
  try {
    await new Promise<void>((resolve, reject) => {
      parser.on('file', (_field, content, { filename }) => {
        // Destroyed before its writer looks at it, it would otherwise be an error that nobody heard.
        content.on('error', () => undefined);
        const name = filename ?? 'unnamed';
        content.on('limit', () => reject(fileTooLarge(safeFileName(name), reception.maxBytes)));
        const write = reception.upload.add(name, content).finally(() => {
          unfinished -= 1;
          if (unfinished < MOST_AT_ONCE) request.resume();
        });
        unfinished += 1;
        if (unfinished >= MOST_AT_ONCE) request.pause();
        writes.push(write);
        checks = Promise.all([write, checks]).then(([file]) => reception.assertPicture(file));
        checks.catch(reject);
      });
      parser.on('filesLimit', () => reject(tooManyFiles(reception.maxFiles)));
      parser.on('partsLimit', () => reject(tooManyFiles(reception.maxFiles)));
      parser.on('fieldsLimit', () =>
        reject(
          badFields([
            {
              field: 'form',
              message: 'holds a field that is no file: only files are taken, the rest stands in the query',
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
        if (bytes > reception.maxTotalBytes) reject(uploadTooLarge(reception.maxTotalBytes));
        else if (bytes > MOST_BEFORE && writes.length === 0)
          reject(badForm(`the form has more than ${MOST_BEFORE} bytes before its first file`));
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

function parserFor(request: Request, { maxBytes, maxFiles }: Reception): busboy.Busboy {
  const type = request.get('content-type') ?? '';
  if (!/^multipart\/form-data\s*;/i.test(type))
    throw new HttpProblem(415, 'form_expected', 'the body must be multipart/form-data');
  try {
    return busboy({
      headers: request.headers,
      defParamCharset: 'utf8',
      // busboy cuts at the limit itself: a file of exactly that size would look too large. Parts that are neither file nor field count too.
      limits: { fileSize: maxBytes + 1, files: maxFiles, fields: 0, parts: maxFiles + 1 },
    });
  } catch (cause) {
    throw badForm('the form has no boundary', cause);
  }
}

function badForm(detail: string, cause?: unknown): HttpProblem {
  return new HttpProblem(400, 'bad_form', detail, { cause });
}
