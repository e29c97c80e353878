import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { PermanentError, messageOf } from '@pugmark/domain';
import type { GraphJson, SignatureJson } from '../converter/graph-json';
import { readSignature } from '../converter/read-signature';
import { sha256Of } from './model-files';

/** Manifest fields read from a model's files. Unknown ones are null, for a person to fill in. */
export interface ManifestDraft {
  readonly folder: string;
  readonly manifest: Readonly<Record<string, unknown>>;
  /** Names of the graph's outputs, to choose from. */
  readonly outputs: readonly string[];
}

const SAVED_MODEL = 'saved_model.pb';

/**
 * Drafts a manifest. `path`: the .json file of a TensorFlow.js graph model, or the folder of a SavedModel. Throws
 * PermanentError `not_a_model`.
 */
export async function draftManifest(path: string): Promise<ManifestDraft> {
  const stats = await stat(path).catch(() => null);
  if (stats === null) throw new PermanentError('not_a_model', `${path} does not exist`);
  if (stats.isDirectory()) return draftOfFolder(path);
  return path.endsWith(SAVED_MODEL) ? draftOfSavedModel(dirname(path)) : draftOfGraphModel(path);
}

async function draftOfFolder(folder: string): Promise<ManifestDraft> {
  const names = await readdir(folder);
  if (names.includes(SAVED_MODEL)) return draftOfSavedModel(folder);
  const models = names.filter((name) => name.endsWith('.json') && name !== 'manifest.json');
  if (models.length === 1) return draftOfGraphModel(join(folder, models[0]!));
  throw new PermanentError(
    'not_a_model',
    `${folder} has neither a ${SAVED_MODEL} nor one .json file of a TensorFlow.js graph model`,
  );
}

async function draftOfSavedModel(folder: string): Promise<ManifestDraft> {
  const { inputs, outputs } = await readSignature(join(folder, SAVED_MODEL));
  const files = (await readdir(folder, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile() && entry.name !== 'manifest.json')
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)));
  return draft(
    folder,
    'saved-model',
    basename(folder),
    files,
    inputs[0]?.shape,
    outputs.map(({ key }) => key),
  );
}

async function draftOfGraphModel(path: string): Promise<ManifestDraft> {
  const json = await readFile(path, 'utf8')
    .then(
      (content) =>
        JSON.parse(content) as {
          modelTopology?: GraphJson;
          signature?: SignatureJson;
          weightsManifest?: { paths: string[] }[];
        },
    )
    .catch((error: unknown) =>
      Promise.reject(new PermanentError('not_a_model', `${path} is not valid JSON: ${messageOf(error)}`)),
    );
  if (json.modelTopology?.node === undefined)
    throw new PermanentError(
      'not_a_model',
      `${path} is not a TensorFlow.js graph model: it has no modelTopology with nodes`,
    );
  const files = [basename(path), ...(json.weightsManifest ?? []).flatMap(({ paths }) => paths)];
  const shape = json.modelTopology.node
    .find(({ op }) => op === 'Placeholder')
    ?.attr?.['shape']?.shape?.dim?.map(({ size = 0 }) => Number(size));
  return draft(
    dirname(path),
    'tfjs-graph',
    basename(path, '.json'),
    files,
    shape,
    Object.keys(json.signature?.outputs ?? {}),
  );
}

async function draft(
  folder: string,
  format: string,
  name: string,
  paths: readonly string[],
  shape: readonly number[] | undefined,
  outputs: readonly string[],
): Promise<ManifestDraft> {
  const files: { path: string; sha256: string }[] = [];
  for (const path of [...paths].sort()) files.push({ path, sha256: sha256Of(await readFile(join(folder, path))) });
  const [batch = -1, height = -1, width = -1] = shape ?? [];
  const manifest = {
    name: name.replace(/[^A-Za-z0-9._-]/g, '-'),
    version: '1',
    licence: null,
    format,
    files,
    input: width > 0 && height > 0 ? { width, height } : null,
    resize: 'letterbox',
    normalisation: null,
    decoder: null,
    outputs,
    labels: null,
    categories: null,
    storeThreshold: 0.1,
    threshold: 0.2,
    batch: batch > 0 ? batch : 8,
  };
  return { folder, manifest, outputs };
}
