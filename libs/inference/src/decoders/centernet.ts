import { intersectionOverUnion, type Detection, type ModelManifest, type Placement } from '@pugmark/domain';
import { byConfidence, toDetection } from './boxes';
import type { DetectionDecoder } from './decoder';
import { assertShape, valuesOfImage, outputName } from './output-shapes';

/** x0 y0 x1 y1 in pixels of the model's input, score, index of the class. */
const COLUMNS = 6;

/**
 * Minimum overlap of two boxes of one category that are one object. Derived from the model's output on camera-trap
 * images: one cow behind a tree gave two boxes with 0.61, a cat two with 0.94; a calf in front of its mother (0.24) and
 * neighbours in a herd (0.49) are two each.
 */
const SAME_OBJECT = 0.6;

const OUTPUTS = ['tower_0/detections'];

/** CenterNet as in npm's @vladmandic/human: one output [batch, boxes, 6]. */
export const CENTERNET: DetectionDecoder = {
  outputs: OUTPUTS,
  decode: ([output], placements, manifest) => {
    const name = outputName(manifest, OUTPUTS, 0);
    assertShape(output, {
      name,
      shape: [placements.length, null, COLUMNS],
      description: 'boxes (batch, boxes, x0 y0 x1 y1 score class)',
    });
    return placements.map((placement, index) => decodeCenternet(valuesOfImage(output, index), placement, manifest));
  },
};

/**
 * Decodes `tower_0/detections` of one image: rows of six numbers. Returns boxes in fractions of the upright image,
 * clipped to it, by decreasing confidence; drops rows below the manifest's `storeThreshold`, with dropped labels, or
 * without an extent within the image.
 */
export function decodeCenternet(
  rows: Float32Array,
  placement: Placement,
  manifest: Pick<ModelManifest, 'labels' | 'categories' | 'storeThreshold'>,
): Detection[] {
  const found: Detection[] = [];
  for (let start = 0; start + COLUMNS <= rows.length; start += COLUMNS) {
    const [left, top, right, bottom, score, label] = rows.subarray(start, start + COLUMNS) as unknown as [
      number,
      number,
      number,
      number,
      number,
      number,
    ];
    const detection = toDetection(
      { box: { left, top, right, bottom }, score, label: Math.round(label) },
      placement,
      manifest,
    );
    if (detection !== null) found.push(detection);
  }
  const kept: Detection[] = [];
  for (const detection of byConfidence(found))
    if (!kept.some((surer) => isSameObject(surer, detection))) kept.push(detection);
  return kept;
}

/**
 * The model gives several classes at one point, with exactly the same box (a cow is also a bear and an elephant): one
 * object, with the class of the highest score. Neighbouring points can also detect the same object.
 */
function isSameObject(surer: Detection, other: Detection): boolean {
  const { box: a } = surer;
  const { box: b } = other;
  if (a.x === b.x && a.y === b.y && a.width === b.width && a.height === b.height) return true;
  return surer.category === other.category && intersectionOverUnion(a, b) >= SAME_OBJECT;
}
