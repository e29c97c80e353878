import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { ApiProblem, NoResponseError, type PugmarkClient, type Schemas } from '@pugmark/client';
import { messageOf } from '@pugmark/domain';

export interface UploadTarget {
  readonly projectId: number;
  readonly deploymentId: number | undefined;
  /** Whether to start a run over the added images. */
  readonly detect: boolean;
}

export interface Refusal {
  readonly path: string;
  readonly reason: string;
}

export interface Sent {
  /** One for each part that was accepted. */
  readonly ingests: readonly Schemas['IngestAccepted'][];
  readonly refused: readonly Refusal[];
}

const TRIES = 3;

/**
 * Uploads images. The server accepts an upload completely or not at all, so a refused file is left out and the others
 * are sent again. Throws errors that are not caused by a file.
 */
export async function sendFiles(client: PugmarkClient, place: UploadTarget, paths: readonly string[]): Promise<Sent> {
  const ingests: Schemas['IngestAccepted'][] = [];
  const refused: Refusal[] = [];
  // Terminates: each iteration leaves out a file or splits the part.
  const open = [paths];
  for (let part = open.pop(); part !== undefined; part = open.pop()) {
    if (part.length === 0) continue;
    try {
      ingests.push(await sendOnce(client, place, part));
    } catch (error) {
      if (error instanceof Unreadable) {
        refused.push({ path: error.path, reason: error.message });
        open.push(part.filter((path) => path !== error.path));
        continue;
      }
      if (!isFileProblem(error)) throw error;
      const named = part.filter((path) => basename(path) === error.errors[0]?.field);
      const bad = part.length === 1 ? part[0] : named.length === 1 ? named[0] : undefined;
      if (bad !== undefined) refused.push({ path: bad, reason: error.errors[0]?.message ?? error.detail });
      const half = Math.ceil(part.length / 2);
      open.push(
        ...(bad === undefined ? [part.slice(half), part.slice(0, half)] : [part.filter((path) => path !== bad)]),
      );
    }
  }
  return { ingests, refused };
}

/** Uses one idempotency key for all tries, so that one ingest is created. */
async function sendOnce(
  client: PugmarkClient,
  { projectId, deploymentId, detect }: UploadTarget,
  paths: readonly string[],
): Promise<Schemas['IngestAccepted']> {
  const params = { query: { projectId, deploymentId, detect }, header: { 'Idempotency-Key': randomUUID() } };
  const files = await Promise.all(paths.map(readAsFile));
  for (let made = 1; ; made += 1) {
    try {
      return await client.post('/api/v1/uploads', { params, body: { files } });
    } catch (error) {
      if (!(error instanceof NoResponseError) || made >= TRIES) throw error;
    }
  }
}

/** A file that was readable when it was hashed, but is no longer. */
class Unreadable extends Error {
  constructor(
    readonly path: string,
    cause: unknown,
  ) {
    super(`it cannot be read: ${messageOf(cause)}`, { cause });
  }
}

async function readAsFile(path: string): Promise<File> {
  const content = await readFile(path).catch((error: unknown) => {
    throw new Unreadable(path, error);
  });
  return new File([content], basename(path));
}

/** Whether a file, or the number of files, caused the error; not the project of the query or the server. */
function isFileProblem(error: unknown): error is ApiProblem {
  if (!(error instanceof ApiProblem)) return false;
  const field = error.errors[0]?.field;
  return (
    error.status === 413 ||
    (error.status === 422 && field !== undefined && !['projectId', 'deploymentId', 'modelId'].includes(field))
  );
}
