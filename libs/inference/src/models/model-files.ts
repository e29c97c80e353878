import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { io } from '@tensorflow/tfjs-core';
import { FatalError, messageOf, type ModelManifest } from '@pugmark/domain';

interface GraphModelJson {
  readonly modelTopology: io.ModelJSON['modelTopology'];
  readonly weightsManifest: io.WeightsManifestConfig;
  readonly signature?: object;
  readonly format?: string;
}

/**
 * Reads a TensorFlow.js graph model (a JSON file and the weight files that it names), and compares each file with the
 * manifest's sha256. Throws FatalError `model_missing` or `model_corrupt`, naming the file.
 */
export async function readGraphModel(manifest: ModelManifest, folder: string): Promise<io.ModelArtifacts> {
  const contents = new Map<string, Buffer>();
  for (const file of manifest.files) contents.set(file.path, await readVerified(join(folder, file.path), file.sha256));
  const jsonName = manifest.files.find((file) => file.path.endsWith('.json'))?.path;
  if (jsonName === undefined)
    throw new FatalError('model_missing', `model ${manifest.name}: its manifest names no .json file`);
  const json = parse(join(folder, jsonName), contents.get(jsonName)!);
  const weights = json.weightsManifest.flatMap((group) => group.paths);
  const parts = weights.map((name) => {
    const content = contents.get(name);
    if (content === undefined) {
      throw new FatalError(
        'model_missing',
        `model ${manifest.name}: ${jsonName} needs the file ${name}, which is not in its manifest`,
      );
    }
    return content;
  });
  return {
    modelTopology: json.modelTopology,
    weightSpecs: json.weightsManifest.flatMap((group) => group.weights),
    // Copied: a Buffer may be a view of shared memory.
    weightData: new Uint8Array(Buffer.concat(parts)).buffer,
    signature: json.signature,
    format: json.format,
  };
}

/** Throws FatalError `model_missing` or `model_corrupt` unless every file of the manifest is unchanged in `folder`. */
export async function verifyFiles(manifest: ModelManifest, folder: string): Promise<void> {
  for (const { path, sha256 } of manifest.files) await readVerified(join(folder, path), sha256);
}

export function sha256Of(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

async function readVerified(path: string, sha256: string): Promise<Buffer> {
  let content: Buffer;
  try {
    content = await readFile(path);
  } catch (error) {
    throw new FatalError('model_missing', `the model file ${path} cannot be read: ${messageOf(error)}`, {
      cause: error,
    });
  }
  const actual = sha256Of(content);
  if (actual !== sha256) {
    throw new FatalError(
      'model_corrupt',
      `the model file ${path} has sha256 ${actual}, its manifest says ${sha256}: install it again`,
    );
  }
  return content;
}

function parse(path: string, content: Buffer): GraphModelJson {
  try {
    return JSON.parse(content.toString('utf8')) as GraphModelJson;
  } catch (error) {
    throw new FatalError('model_corrupt', `the model file ${path} is not valid JSON: ${messageOf(error)}`, {
      cause: error,
    });
  }
}
