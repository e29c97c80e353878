import { intersectionOverUnion, type Detection, type ModelManifest, type Placement } from '@pugmark/domain';
import { byConfidence, toDetection } from './boxes';
import type { DetectionDecoder } from './decoder';
import { assertShape, valuesOfImage, outputName } from './output-shapes';

/** x0 y0 x1 y1 in pixels of the model's input, score, index of the class. */
const COLUMNS = 6;

/**
 * From this overlap on, two boxes of one category are one object. Seen in the model's output on camera-trap pictures: one cow,
 * cut by a tree, as two boxes of 0.61, a cat as two of 0.94; while a calf before its mother (0.24) and neighbours in a herd
 * (0.49) are two each.
 */
const SAME_OBJECT = 0.6;

const OUTPUTS = ['tower_0/detections'];

/** CenterNet as npm's @vladmandic/human carries it: one output [batch, boxes, 6]. */
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
 * Reads `tower_0/detections` of one picture: rows of six numbers. Boxes come out in fractions of the upright picture, clipped to
 * it, surest first; rows under the manifest's `storeThreshold`, of dropped labels, or that have no extent within the picture
 * are left out.
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
 * The model names several classes at one point of its map, all with the very same box (a cow is also a bear and an elephant to
 * it): one object, of the surest class. Neighbouring points can answer for one object, too.
 */
function isSameObject(surer: Detection, other: Detection): boolean {
  const { box: a } = surer;
  const { box: b } = other;
  if (a.x === b.x && a.y === b.y && a.width === b.width && a.height === b.height) return true;
  return surer.category === other.category && intersectionOverUnion(a, b) >= SAME_OBJECT;
}
