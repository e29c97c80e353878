import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { withDeadline, type ModelManifest } from '@pugmark/domain';
import { BUILTIN_MODEL, builtinModelFolder } from '@pugmark/inference';
import type { ModelRef } from '../engine/engine-pool';

/** A folder on a slow network is read at least at this rate. */
const BYTES_PER_SECOND = 2 ** 20;
const STAT_DEADLINE_MS = 5_000;

export interface ModelSettings {
  /** Folder of added models. */
  readonly modelsDir: string;
  /** Maximum time to load a model, besides that of reading its files. */
  readonly loadDeadlineMs: number;
}

/** Refers to a model for the engine processes. Its deadline for loading grows with the size of its files. */
export async function createModelRef(manifest: ModelManifest, settings: ModelSettings): Promise<ModelRef> {
  const { name, version } = manifest;
  const isBuiltIn = name === BUILTIN_MODEL.name && version === BUILTIN_MODEL.version;
  const folder = isBuiltIn ? builtinModelFolder() : join(settings.modelsDir, name, version);
  return {
    key: `${name} ${version}`,
    // The built-in model comes with this version of the program: its row may be older.
    manifest: isBuiltIn ? BUILTIN_MODEL : manifest,
    folder,
    loadDeadlineMs:
      settings.loadDeadlineMs + Math.ceil((await totalBytes(manifest, folder)) / BYTES_PER_SECOND) * 1_000,
  };
}

/** 0 for files that are missing or do not respond: loading the model reports them. */
async function totalBytes({ files }: ModelManifest, folder: string): Promise<number> {
  const sizes = Promise.all(files.map(({ path }) => stat(join(folder, path)).then(({ size }) => size)));
  return withDeadline(sizes, STAT_DEADLINE_MS, 'reading the sizes of the model files').then(
    (all) => all.reduce((sum, size) => sum + size, 0),
    () => 0,
  );
}
