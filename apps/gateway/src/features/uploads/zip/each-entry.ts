import { messageOf } from '@pugmark/domain';
import { openPromise, type Entry, type ZipFile } from 'yauzl';
import { HttpProblem } from '../../../http/http-problem';

/** The entries of an archive, in the order of its directory, one at a time. What is no archive, or a damaged one, is a 400 `bad_zip`. */
export async function* eachEntry(path: string): AsyncGenerator<{ readonly entry: Entry; readonly zip: ZipFile }> {
  // Names and sizes are checked here: the library's own checks throw errors that can only be told apart by their text.
  const zip = await openPromise(path, { autoClose: false, decodeStrings: false, validateEntrySizes: false }).catch(
    (error: unknown) => Promise.reject(badZip(error)),
  );
  // What it meets after its entries were read, closing it, concerns nobody.
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
  return new HttpProblem(400, 'bad_zip', `the body is no ZIP archive that can be read: ${messageOf(error)}`, {
    cause: error,
  });
}
