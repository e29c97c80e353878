import { dirname, join } from 'node:path';
import type { Category, ModelManifest } from '@pugmark/domain';
import { COCO_LABELS, type CocoLabel } from './coco-labels';

/**
 * Labels that are relevant for camera traps. This model took a heron for an 'airplane' and a camera's info bar for a
 * 'sports ball'.
 */
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
 * The COCO CenterNet (MobileNet v3) in npm's @vladmandic/human. Its graph has a fixed batch of 1. The thresholds come
 * from 24 camera-trap images: at 0.22 it detected 20 of 21 animals, people and vehicles, and nothing on 3 of 3 blanks.
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

/** Folder of the built-in model's files. */
export function builtinModelFolder(): string {
  // The package exports neither its package.json nor its models, so the path of its main file is used. Its code is not
  // run.
  return join(dirname(require.resolve('@vladmandic/human')), '..', 'models');
}
