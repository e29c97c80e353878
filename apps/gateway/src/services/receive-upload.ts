import type { Request } from 'express';
import busboy from 'busboy';
import type { IncomingUpload, UploadedFile } from '@pugmark/storage';
import { HttpProblem, badFields } from '../api/http-problem';

export interface UploadLimits {
  readonly maxBytes: number;
  readonly maxFiles: number;
}

/**
 * Streams the files of a multipart form to disk and answers them once all are there. Rejects at the first thing that is not
 * allowed, when no write is under way any more, so that the caller can remove what was written.
 */
export async function receiveUpload(request: Request, upload: IncomingUpload, limits: UploadLimits): Promise<UploadedFile[]> {
  const parser = parserFor(request, limits);
  const writes: Promise<UploadedFile>[] = [];
  try {
    await new Promise<void>((resolve, reject) => {
      parser.on('file', (_field, content, { filename }) => {
        // Destroyed before its writer looks at it, it would otherwise be an error that nobody heard.
        content.on('error', () => undefined);
        content.on('limit', () => reject(tooLarge(limits.maxBytes)));
        const write = upload.add(filename ?? 'unnamed', content);
        write.catch(reject);
        writes.push(write);
      });
      parser.on('filesLimit', () => reject(new HttpProblem(413, 'too_many_files', `an upload may hold at most ${limits.maxFiles} files`)));
      parser.on('fieldsLimit', () => reject(badFields([{ field: 'form', message: 'holds a field that is no file: only files are taken, the rest stands in the query' }])));
      parser.on('error', (error) => reject(new HttpProblem(400, 'bad_form', 'the form is malformed or cut off', { cause: error })));
      parser.on('close', resolve);
      const cutOff = (cause?: unknown): void => reject(new HttpProblem(400, 'aborted', 'the upload was cut off', { cause }));
      request.on('error', cutOff);
      request.on('close', () => {
        if (!request.complete) cutOff();
      });
      request.pipe(parser);
    });
    return await Promise.all(writes);
  } catch (error) {
    request.unpipe(parser);
    parser.destroy();
    await Promise.allSettled(writes);
    throw error;
  }
}

function parserFor(request: Request, limits: UploadLimits): busboy.Busboy {
  const type = request.get('content-type') ?? '';
  if (!/^multipart\/form-data\s*;/i.test(type)) throw new HttpProblem(415, 'form_expected', 'the body must be multipart/form-data');
  try {
    return busboy({
      headers: request.headers,
      defParamCharset: 'utf8',
      // busboy cuts at the limit itself: a file of exactly that size would look too large.
      limits: { fileSize: limits.maxBytes + 1, files: limits.maxFiles, fields: 0, headerPairs: 50 },
    });
  } catch (cause) {
    throw new HttpProblem(400, 'bad_form', 'the form has no boundary', { cause });
  }
}

function tooLarge(maxBytes: number): HttpProblem {
  return new HttpProblem(413, 'file_too_large', `a file is larger than ${maxBytes} bytes, the most that is taken`);
}
