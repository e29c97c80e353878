import type { ModelManifest, Placement } from '@pugmark/domain';
import type { OutputTensor } from './decoder';

/** An image of 2:1 in an input of 640 × 640: bars of 160 above and below. */
export const WIDE: Placement = { left: 0, top: 160, width: 640, height: 320 };
/** An image of 1:2: bars of 160 at the left and the right. */
export const TALL: Placement = { left: 160, top: 0, width: 320, height: 640 };
/** Stretched over the whole input. */
export const STRETCHED: Placement = { left: 0, top: 0, width: 640, height: 640 };

export function manifest(decoder: ModelManifest['decoder'], more: Partial<ModelManifest> = {}): ModelManifest {
  return {
    name: 'm',
    version: '1',
    licence: 'MIT',
    format: 'saved-model',
    files: [],
    input: { width: 640, height: 640 },
    resize: 'letterbox',
    normalisation: '0..1',
    decoder,
    labels: ['animal', 'person', 'vehicle', 'kite'],
    categories: { animal: 'animal', person: 'person', vehicle: 'vehicle' },
    storeThreshold: 0.1,
    threshold: 0.2,
    batch: 4,
    ...more,
  };
}

export function output(shape: readonly number[], values: readonly number[]): OutputTensor {
  return { shape, values: Float32Array.from(values) };
}

/** Deterministic pseudo-random numbers in [0, 1). */
export function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648;
  };
}
