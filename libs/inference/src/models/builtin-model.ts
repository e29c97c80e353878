import { dirname, join } from 'node:path';
import type { Category, ModelManifest } from '@pugmark/domain';
import { COCO_LABELS, type CocoLabel } from './coco-labels';

/** What counts in a camera trap. A heron was once an 'airplane' to this model, the info bar of a camera is a 'sports ball'. */
const CATEGORIES: Partial<Record<CocoLabel, Category>> = {
  person: 'person',
  bicycle: 'vehicle',
  car: 'vehicle',
  motorcycle: 'vehicle',
  bus: 'vehicle',
  truck: 'vehicle',
  bird: 'animal',
  cat: 'animal',
  dog: 'animal',
  horse: 'animal',
  sheep: 'animal',
  cow: 'animal',
  elephant: 'animal',
  bear: 'animal',
  zebra: 'animal',
  giraffe: 'animal',
};

/**
 * The COCO CenterNet (MobileNet v3) that npm's @vladmandic/human carries. Its graph has a fixed batch of 1. The thresholds come
 * from 24 real camera-trap pictures: at 0.22 it found 20 of 21 animals, people and vehicles and left 3 of 3 blanks blank.
 */
export const BUILTIN_MODEL = {
  name: 'coco-centernet',
  version: '1',
  licence: 'MIT',
  format: 'tfjs-graph',
  files: [
    { path: 'centernet.json', sha256: 'bfb942eaacc5becf738d536663bc4580a0ae9e560722306e6d4dd7fe4a09de05' },
    { path: 'centernet.bin', sha256: '1b635a15009071f506f9f2b3519b31c072c534888989f30d269ffd44734ef7ef' },
  ],
  input: { width: 512, height: 512 },
  resize: 'letterbox',
  normalisation: '0..255',
  decoder: 'centernet',
  labels: COCO_LABELS,
  categories: CATEGORIES as Readonly<Record<string, Category>>,
  storeThreshold: 0.1,
  threshold: 0.22,
  batch: 1,
} as const satisfies ModelManifest;

/** The folder that holds the built-in model's files. */
export function builtinModelFolder(): string {
  // The package exports neither its package.json nor its models, so that its main file leads the way. Nothing of it is run.
  return join(dirname(require.resolve('@vladmandic/human')), '..', 'models');
}
