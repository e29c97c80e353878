import { intersectionOverUnion, type Box, type Detection, type ModelManifest, type Placement } from '@pugmark/domain';

/** x0 y0 x1 y1 in pixels of the model's input, score, index of the class. */
const COLUMNS = 6;

/**
 * From this overlap on, two boxes of one category are one object. Seen in the model's output on camera-trap pictures: one cow,
 * cut by a tree, as two boxes of 0.61, a cat as two of 0.94; while a calf before its mother (0.24) and neighbours in a herd
 * (0.49) are two each.
 */
const SAME_OBJECT = 0.6;

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
    const detection = readRow(rows.subarray(start, start + COLUMNS), placement, manifest);
    if (detection !== null) found.push(detection);
  }
  found.sort((a, b) => b.confidence - a.confidence);
  const kept: Detection[] = [];
  for (const detection of found) if (!kept.some((surer) => isSameObject(surer, detection))) kept.push(detection);
  return kept;
}

function readRow(
  row: Float32Array,
  placement: Placement,
  { labels, categories, storeThreshold }: Pick<ModelManifest, 'labels' | 'categories' | 'storeThreshold'>,
): Detection | null {
  const [x0, y0, x1, y1, score, classIndex] = row as unknown as [number, number, number, number, number, number];
  const label = labels[Math.round(classIndex)];
  if (score < storeThreshold || label === undefined || !Object.hasOwn(categories, label)) return null;
  const box = toPicture(x0, y0, x1, y1, placement);
  return box === null ? null : { category: categories[label]!, label, confidence: Math.min(1, score), box };
}

/** Null for a box that has less than a pixel of the model's input within the picture, in either direction. */
function toPicture(x0: number, y0: number, x1: number, y1: number, placement: Placement): Box | null {
  const left = clip((x0 - placement.left) / placement.width);
  const top = clip((y0 - placement.top) / placement.height);
  const width = clip((x1 - placement.left) / placement.width) - left;
  const height = clip((y1 - placement.top) / placement.height) - top;
  if (width * placement.width < 1 || height * placement.height < 1) return null;
  return { x: left, y: top, width, height };
}

function clip(fraction: number): number {
  return Math.min(1, Math.max(0, fraction));
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
