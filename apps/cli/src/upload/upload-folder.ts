import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import type { PugmarkClient, Schemas } from '@pugmark/client';
import { messageOf } from '@pugmark/domain';
import { sendFiles, type UploadTarget, type Refusal } from './send-files';

/** Maximum hashes per request to the server. */
const GROUP = 1_000;
/** Limits of one request: its files are in memory, and an interrupted one is sent again. */
const BATCH = { files: 250, bytes: 64 * 1024 * 1024 } as const;

export interface UploadProgress {
  /** Files checked so far. */
  readonly seen: number;
  readonly total: number;
  readonly sent: number;
  readonly sentBytes: number;
}

export interface UploadResult {
  /** Images that the project had before. */
  readonly existing: number;
  /** Files with the same content as another one. */
  readonly repeated: number;
  readonly sent: number;
  readonly sentBytes: number;
  readonly ingests: readonly Schemas['IngestAccepted'][];
  readonly refused: readonly Refusal[];
}

interface LocalFile {
  readonly path: string;
  readonly bytes: number;
}

/**
 * Uploads the images that the project does not have. An interrupted upload can be repeated: stored images are not sent
 * again.
 */
export async function uploadFolder(
  client: PugmarkClient,
  place: UploadTarget,
  paths: readonly string[],
  onProgress: (progress: UploadProgress) => void,
): Promise<UploadResult> {
  const known = new Set<string>();
  const ingests: Schemas['IngestAccepted'][] = [];
  const refused: Refusal[] = [];
  let [existing, repeated, sent, sentBytes] = [0, 0, 0, 0];
  for (let at = 0; at < paths.length; at += GROUP) {
    const group = new Map<string, LocalFile>();
    for (const path of paths.slice(at, at + GROUP)) {
      const file = await hashOf(path).catch(
        (error: unknown) => void refused.push({ path, reason: `it cannot be read: ${messageOf(error)}` }),
      );
      if (file === undefined) continue;
      if (known.has(file.sha256)) repeated += 1;
      else group.set(file.sha256, file);
      known.add(file.sha256);
    }
    const missing = await missingOf(client, place.projectId, [...group.keys()]);
    existing += group.size - missing.length;
    const seen = Math.min(paths.length, at + GROUP);
    if (missing.length === 0) onProgress({ seen, total: paths.length, sent, sentBytes });
    for (const batch of batches(missing.map((sha256) => group.get(sha256)!))) {
      const part = await sendFiles(
        client,
        place,
        batch.map(({ path }) => path),
      );
      ingests.push(...part.ingests);
      refused.push(...part.refused);
      const bad = new Set(part.refused.map(({ path }) => path));
      const taken = batch.filter(({ path }) => !bad.has(path));
      sent += taken.length;
      sentBytes += taken.reduce((sum, { bytes }) => sum + bytes, 0);
      onProgress({ seen, total: paths.length, sent, sentBytes });
    }
  }
  return { existing, repeated, sent, sentBytes, ingests, refused };
}

async function missingOf(
  client: PugmarkClient,
  projectId: number,
  sha256: readonly string[],
): Promise<readonly string[]> {
  if (sha256.length === 0) return [];
  return (await client.post('/api/v1/images/missing', { body: { projectId, sha256: [...sha256] } })).missing;
}

async function hashOf(path: string): Promise<LocalFile & { readonly sha256: string }> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return { path, bytes: (await stat(path)).size, sha256: hash.digest('hex') };
}

/** Splits files into parts, in order, each as large as the limits allow, with at least one file. */
export function batches<T extends { readonly bytes: number }>(
  files: readonly T[],
  limits: { readonly files: number; readonly bytes: number } = BATCH,
): T[][] {
  const all: T[][] = [];
  let bytes = 0;
  for (const file of files) {
    const last = all.at(-1);
    if (last !== undefined && last.length < limits.files && bytes + file.bytes <= limits.bytes) {
      last.push(file);
      bytes += file.bytes;
    } else {
      all.push([file]);
      bytes = file.bytes;
    }
  }
  return all;
}
