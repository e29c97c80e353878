import { HttpProblem } from '../../http/http-problem';

/** A problem with one file of an upload; its name is the invalid field. */
export function refusedFile(
  status: 413 | 422,
  code: string,
  name: string,
  message: string,
  cause?: unknown,
): HttpProblem {
  return new HttpProblem(status, code, `${name}: ${message}`, { errors: [{ field: name, message }], cause });
}

export function fileTooLarge(name: string, maxBytes: number): HttpProblem {
  return refusedFile(413, 'file_too_large', name, `the file is larger than ${maxBytes} bytes, the maximum`);
}

export function tooManyFiles(maxFiles: number): HttpProblem {
  return new HttpProblem(
    413,
    'too_many_files',
    `an upload may contain at most ${maxFiles} files: send the rest in another one`,
  );
}

export function uploadTooLarge(maxTotalBytes: number): HttpProblem {
  return new HttpProblem(
    413,
    'upload_too_large',
    `an upload may have at most ${maxTotalBytes} bytes, also unpacked: send the rest in another one`,
  );
}

export function cutOff(cause?: unknown): HttpProblem {
  return new HttpProblem(400, 'aborted', 'the upload was cut off', { cause });
}
