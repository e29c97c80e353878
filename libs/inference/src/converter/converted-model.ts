import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, rm, rmdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { ModelManifest } from '@pugmark/domain';
import { readGraphModel, sha256Of } from '../models/model-files';
import { CONVERTER_VERSION, graphModelToSavedModel } from './graph-model-to-saved-model';

const MODEL = 'saved_model.pb';
const CHECK = 'sha256';
/** Age after which the lock of a process that converts is ignored: the process was killed, or is very slow. */
const LOCK_MS = 60_000;
const LOCK_CHECK_MS = 200;
/** Maximum damaged copies next to which another is written. */
const MAX_COPIES = 100;

/**
 * Returns the folder of a graph model's SavedModel below `convertedDir`; converts the model if none is complete. Any
 * number of processes may call it at once: one converts, the others wait for it. A folder is complete when it appears,
 * and is never removed or replaced, so that no process can see it go; a damaged one is left, and another written.
 */
export async function convertedModel(manifest: ModelManifest, folder: string, convertedDir: string): Promise<string> {
  const key = join(convertedDir, keyOf(manifest));
  const found = await findComplete(key);
  if (found !== null) return found;
  await mkdir(convertedDir, { recursive: true });
  const lock = `${key}.lock`;
  const isOwner = await takeLock(lock, key);
  try {
    return (await findComplete(key)) ?? (await convert(manifest, folder, key));
  } finally {
    if (isOwner) await rmdir(lock).catch(() => undefined);
  }
}

async function convert(manifest: ModelManifest, folder: string, key: string): Promise<string> {
  const content = graphModelToSavedModel(await readGraphModel(manifest, folder), {
    openBatch: manifest.openBatch === true,
  });
  const fresh = `${key}.${process.pid}-${Date.now()}-${Math.random().toString(36).slice(2)}`;
  await mkdir(fresh);
  try {
    await writeFile(join(fresh, MODEL), content, { flush: true });
    await writeFile(join(fresh, CHECK), sha256Of(content), { flush: true });
    for (let copy = 1; copy <= MAX_COPIES; copy += 1) {
      const target = copyOf(key, copy);
      try {
        await rename(fresh, target);
        return target;
      } catch (error) {
        // Another process was faster, or the copy is damaged.
        if (!['EEXIST', 'ENOTEMPTY'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
        if (await isComplete(target)) return target;
      }
    }
    throw new Error(`${MAX_COPIES} damaged copies of a converted model at ${key}: delete them`);
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
}

/**
 * Waits until a lock is free or expired, or the model is converted. Returns whether this process holds the lock now.
 * The lock only saves work: when two processes hold it, the result of the first to finish is used.
 */
async function takeLock(lock: string, key: string): Promise<boolean> {
  for (;;) {
    try {
      await mkdir(lock);
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const age = await stat(lock).then(
      ({ mtimeMs }) => Date.now() - mtimeMs,
      () => 0,
    );
    if ((await findComplete(key)) !== null) return false;
    if (age > LOCK_MS) await rmdir(lock).catch(() => undefined);
    else await delay(LOCK_CHECK_MS);
  }
}

/** The first complete copy; null if there is none. */
async function findComplete(key: string): Promise<string | null> {
  for (let copy = 1; copy <= MAX_COPIES; copy += 1) {
    const folder = copyOf(key, copy);
    if (await isComplete(folder)) return folder;
    if (!(await exists(folder))) return null;
  }
  return null;
}

function copyOf(key: string, copy: number): string {
  return copy === 1 ? key : `${key}.${copy}`;
}

/** Changes with the model's files and with the converter. */
function keyOf({ name, version, files, openBatch = false }: ModelManifest): string {
  const hash = createHash('sha256').update(
    `${CONVERTER_VERSION} ${openBatch}\n${files.map(({ path, sha256 }) => `${sha256} ${path}`).join('\n')}`,
  );
  return `${name}-${version}-${hash.digest('hex').slice(0, 16)}`.replace(/[^\w.-]/g, '_');
}

async function isComplete(folder: string): Promise<boolean> {
  try {
    return sha256Of(await readFile(join(folder, MODEL))) === (await readFile(join(folder, CHECK), 'utf8'));
  } catch {
    // Missing or unreadable: it is converted again, which reports any obstacle.
    return false;
  }
}

function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
