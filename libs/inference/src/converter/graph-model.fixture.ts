import type { io } from '@tensorflow/tfjs-core';
import type { AttrJson, NodeJson } from './graph-json';

/** Weight of a test's graph model; `quantised` as TensorFlow.js stores them in fewer bits. */
export interface FixtureWeight {
  readonly shape: readonly number[];
  readonly values: readonly number[];
  readonly dtype?: 'float32' | 'int32';
  readonly quantised?: 'uint8' | 'uint16' | 'float16';
}

export const FLOAT: AttrJson = { type: 'DT_FLOAT' };
export const text = (value: string): AttrJson => ({ s: Buffer.from(value).toString('base64') });
export const ints = (...values: number[]): AttrJson => ({ list: { i: values.map(String) } });
export const texts = (...values: string[]): AttrJson => ({
  list: { s: values.map((value) => Buffer.from(value).toString('base64')) },
});
export const shapeOf = (...sizes: number[]): AttrJson => ({
  shape: { dim: sizes.map((size) => ({ size: String(size) })) },
});

export function placeholder(...sizes: number[]): NodeJson {
  return { name: 'x', op: 'Placeholder', attr: { dtype: FLOAT, shape: shapeOf(...sizes) } };
}

/** Creates a graph model as TensorFlow.js loads it, with constants for the weights. */
export function graphModel(
  nodes: readonly NodeJson[],
  weights: Readonly<Record<string, FixtureWeight>>,
): io.ModelArtifacts {
  const constants = Object.entries(weights).map(([name, { dtype = 'float32' }]): NodeJson => ({
    name,
    op: 'Const',
    attr: { dtype: { type: dtype === 'int32' ? 'DT_INT32' : 'DT_FLOAT' }, value: { tensor: {} } },
  }));
  const stored = Object.entries(weights).map(([name, weight]) => store(name, weight));
  return {
    modelTopology: { node: [...constants, ...nodes], versions: {} },
    weightSpecs: stored.map(({ spec }) => spec),
    weightData: new Uint8Array(Buffer.concat(stored.map(({ bytes }) => bytes))).buffer,
    format: 'graph-model',
  };
}

function store(
  name: string,
  { shape, values, dtype = 'float32', quantised }: FixtureWeight,
): { spec: io.WeightsManifestEntry; bytes: Buffer } {
  const spec = { name, shape: [...shape], dtype };
  if (quantised === undefined) {
    const array = dtype === 'int32' ? Int32Array.from(values) : Float32Array.from(values);
    return { spec, bytes: Buffer.from(array.buffer) };
  }
  if (quantised === 'float16')
    return {
      spec: { ...spec, quantization: { dtype: 'float16' } },
      bytes: Buffer.from(Uint16Array.from(values, half).buffer),
    };
  const min = Math.min(...values);
  const scale = (Math.max(...values) - min) / (quantised === 'uint8' ? 255 : 65_535) || 1;
  const steps = values.map((value) => Math.round((value - min) / scale));
  const bytes =
    quantised === 'uint8' ? Buffer.from(Uint8Array.from(steps)) : Buffer.from(Uint16Array.from(steps).buffer);
  return { spec: { ...spec, quantization: { dtype: quantised, min, scale } }, bytes };
}

/** Truncates a normal number to IEEE 754 binary16. */
function half(value: number): number {
  const bits = new Uint32Array(Float32Array.of(value).buffer)[0]!;
  const exponent = ((bits >>> 23) & 0xff) - 127 + 15;
  if (exponent <= 0) return (bits >>> 16) & 0x8000;
  return ((bits >>> 16) & 0x8000) | (exponent << 10) | ((bits >>> 13) & 0x3ff);
}

/** Deterministic pseudo-random numbers in [-1, 1). */
export function noise(count: number, seed = 1): number[] {
  let state = seed;
  return Array.from({ length: count }, () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return (state / 2_147_483_648) * 2 - 1;
  });
}
