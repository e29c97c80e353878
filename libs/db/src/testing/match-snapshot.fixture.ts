import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';

const DOCS = resolve(__dirname, '../../../../docs');

/**
 * Compares text with a file below `docs/`, so that a change of it shows in review. With UPDATE_SNAPSHOTS=1 it writes
 * the file instead.
 */
export function expectToMatchDocs(path: string, text: string): void {
  const file = resolve(DOCS, path);
  // eslint-disable-next-line no-restricted-properties -- a switch of the test run, not a setting of a service
  if (process.env['UPDATE_SNAPSHOTS'] === '1') {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    return;
  }
  const checkedIn = readIfExists(file);
  if (checkedIn === text) return;
  const name = relative(resolve(DOCS, '..'), file);
  throw new Error(
    `${name} does not match the code${firstDifference(checkedIn ?? '', text)}\n` +
      'If the change is intended, run this test with UPDATE_SNAPSHOTS=1 and commit the file.',
  );
}

function readIfExists(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

function firstDifference(before: string, after: string): string {
  const [old, now] = [before.split('\n'), after.split('\n')];
  const line = now.findIndex((text, index) => text !== old[index]);
  const index = line === -1 ? now.length : line;
  return ` from line ${index + 1} on:\n- ${old[index] ?? '(end of file)'}\n+ ${now[index] ?? '(end of file)'}`;
}
