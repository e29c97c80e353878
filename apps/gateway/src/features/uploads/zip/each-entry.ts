import { messageOf } from '@pugmark/domain';
import { openPromise, type Entry, type ZipFile } from 'yauzl';
import { HttpProblem } from '../../../http/http-problem';

/**
 * Iterates over the entries of an archive, in the order of its directory, one at a time. A malformed or damaged archive
 * is a 400 `bad_zip`.
 */
export async function* eachEntry(path: string): AsyncGenerator<{ readonly entry: Entry; readonly zip: ZipFile }> {
  // Names and sizes are checked here: the library's own checks throw errors that differ only in their text.
  const zip = await openPromise(path, { autoClose: false, decodeStrings: false, validateEntrySizes: false }).catch(
    (error: unknown) => Promise.reject(badZip(error)),
  );
  // Errors after the entries were read, from closing the file, are irrelevant.
  zip.on('error', () => undefined);
  const entries = zip.eachEntry();
  try {
    for (;;) {
      const { value, done } = await entries.next().catch((error: unknown) => Promise.reject(badZip(error)));
      if (done === true) return;
      yield { entry: value as Entry, zip };
    }
  } finally {
    await entries.return?.();
    zip.close();
  }
}

/** The library's errors have no code; those of the disk have one. */
export function badZip(error: unknown): unknown {
  if ((error as { code?: unknown }).code !== undefined) return error;
  return new HttpProblem(400, 'bad_zip', `the body is not a readable ZIP archive: ${messageOf(error)}`, {
    cause: error,
  });
}
