import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A graph of TensorFlow operations, made for a test. */
export interface GraphModel {
  readonly nodes: readonly object[];
  readonly weights: readonly {
    readonly name: string;
    readonly shape: readonly number[];
    readonly values: Float32Array | Int32Array;
  }[];
  /** The manifest as a person would write it; version, licence, format and files are added. */
  readonly manifest: object;
}

export const FLOAT = { type: 'DT_FLOAT' };
export const text = (value: string) => ({ s: Buffer.from(value).toString('base64') });
export const texts = (...values: string[]) => ({ list: { s: values.map((value) => text(value).s) } });
export const ints = (...values: number[]) => ({ list: { i: values.map(String) } });

export function placeholder(name: string, ...sizes: number[]): object {
  return {
    name,
    op: 'Placeholder',
    attr: { dtype: FLOAT, shape: { shape: { dim: sizes.map((size) => ({ size: String(size) })) } } },
  };
}

/** Writes a TensorFlow.js graph model with its manifest, as a user would provide it. */
export function writeGraphModel(folder: string, { nodes, weights, manifest }: GraphModel): void {
  const dtype = (values: Float32Array | Int32Array) => (values instanceof Int32Array ? 'int32' : 'float32');
  const constants = weights.map(({ name, values }) => ({
    name,
    op: 'Const',
    attr: { dtype: { type: dtype(values) === 'int32' ? 'DT_INT32' : 'DT_FLOAT' }, value: { tensor: {} } },
  }));
  const model = {
    format: 'graph-model',
    modelTopology: { node: [...constants, ...nodes], versions: {} },
    weightsManifest: [
      {
        paths: ['weights.bin'],
        weights: weights.map(({ name, shape, values }) => ({ name, shape, dtype: dtype(values) })),
      },
    ],
  };
  const files = {
    'model.json': Buffer.from(JSON.stringify(model)),
    'weights.bin': Buffer.concat(
      weights.map(({ values }) => Buffer.from(values.buffer, values.byteOffset, values.byteLength)),
    ),
  };
  mkdirSync(folder, { recursive: true });
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  const listed = Object.entries(files).map(([path, content]) => ({
    path,
    sha256: createHash('sha256').update(content).digest('hex'),
  }));
  writeFileSync(
    join(folder, 'manifest.json'),
    JSON.stringify({ version: '1', licence: 'MIT', format: 'tfjs-graph', files: listed, ...manifest }, null, 2),
  );
}
