import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ModelManifest } from '@pugmark/domain';
import { readGraphModel, sha256Of } from '../models/model-files';
import { CONVERTER_VERSION, graphModelToSavedModel } from './graph-model-to-saved-model';

const MODEL = 'saved_model.pb';
const CHECK = 'sha256';

/**
 * Returns the folder of a graph model's SavedModel below `convertedDir`; converts the model if it is missing or
 * damaged. Processes may convert concurrently: each uses its own folder, and the first to finish renames it.
 */
export async function convertedModel(manifest: ModelManifest, folder: string, convertedDir: string): Promise<string> {
  const target = join(convertedDir, keyOf(manifest));
  if (await isWhole(target)) return target;
  const content = graphModelToSavedModel(await readGraphModel(manifest, folder), {
    openBatch: manifest.openBatch === true,
  });
  const fresh = `${target}.${process.pid}-${Date.now()}`;
  await mkdir(fresh, { recursive: true });
  try {
    await writeFile(join(fresh, MODEL), content, { flush: true });
    await writeFile(join(fresh, CHECK), sha256Of(content), { flush: true });
    if (!(await isWhole(target))) await rm(target, { recursive: true, force: true });
    await rename(fresh, target).catch(async (error: unknown) => {
      if (!(await isWhole(target))) throw error;
    });
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
  return target;
}

/** Changes with the model's files and with the converter. */
function keyOf({ name, version, files, openBatch = false }: ModelManifest): string {
  const hash = createHash('sha256').update(
    `${CONVERTER_VERSION} ${openBatch}\n${files.map(({ path, sha256 }) => `${sha256} ${path}`).join('\n')}`,
  );
  return `${name}-${version}-${hash.digest('hex').slice(0, 16)}`.replace(/[^\w.-]/g, '_');
}

async function isWhole(folder: string): Promise<boolean> {
  try {
    return sha256Of(await readFile(join(folder, MODEL))) === (await readFile(join(folder, CHECK), 'utf8'));
  } catch {
    // Missing or unreadable: it is converted again, which reports any obstacle.
    return false;
  }
}
