import { BoxGrid, SAME_BOX_IOU } from './box-grid';
import { CATEGORIES, intersectionOverUnion, type Box, type Category } from './detection';

/**
 * Minimum images of one deployment with the same box for it to be static: a branch or a stone that the model takes for
 * an animal.
 */
export const MIN_STATIC_IMAGES = 20;
/** Maximum number of times that a reference box moves to the mean of its group. Most settle after two or three. */
const MAX_MOVES = 10;

export interface LocatedDetection {
  readonly id: number;
  readonly imageId: number;
  readonly category: Category;
  readonly box: Box;
}

/** A static detection of an earlier search. */
export interface KnownStaticDetection {
  readonly id: number;
  readonly category: Category;
  readonly box: Box;
}

export interface StaticDetectionGroup {
  /** The known static detection that this group belongs to; null: a new one. */
  readonly knownId: number | null;
  readonly category: Category;
  /** The reference box; unchanged for a known static detection. */
  readonly box: Box;
  /** Sorted. */
  readonly detectionIds: readonly number[];
  /** Number of distinct images. */
  readonly images: number;
}

/**
 * Finds the static detections of one deployment: groups of detections of one category whose boxes are the same as the
 * group's reference box (SAME_BOX_IOU), in at least MIN_STATIC_IMAGES images. A detection is in at most one group; no
 * remaining detection matches a reference box, or as many other remaining ones. The result does not depend on the order
 * of the input.
 * Known static detections keep their identity, so that annotations of them stay valid: a detection belongs to the known
 * one that it is most similar to, before any new group forms. A known one also includes boxes that match the mean of
 * its detections; a new group whose reference box matches a known one is merged into it. A known one that is in too few
 * images by now has no group.
 */
export function findStaticDetections(
  found: readonly LocatedDetection[],
  known: readonly KnownStaticDetection[] = [],
): StaticDetectionGroup[] {
  const search = searchStaticDetections(found, known);
  for (;;) {
    const { done, value } = search.next();
    if (done === true) return value;
  }
}

/**
 * Performs the same search in short steps, between which a server can do other work: 100,000 detections take a second.
 */
export function* searchStaticDetections(
  found: readonly LocatedDetection[],
  known: readonly KnownStaticDetection[],
): Generator<undefined, StaticDetectionGroup[]> {
  const result: StaticDetectionGroup[] = [];
  for (const category of CATEGORIES) {
    const [boxes, knownBoxes] = [detectionsOfCategory(found, category), detectionsOfCategory(known, category)];
    const free = new BoxGrid(boxes);
    const groups = groupKnown(free, knownBoxes);
    for (const one of boxes) {
      yield;
      // The group may have moved away from the detection.
      for (let group = findGroupAround(free, one); group !== null; group = findGroupAround(free, one)) {
        free.remove(group.members);
        groups.push({ ...group, known: mostSimilar(knownBoxes, group.box) });
      }
    }
    result.push(...mergeGroups(groups, category));
  }
  return result;
}

type Grid = BoxGrid<LocatedDetection>;

interface Group {
  readonly box: Box;
  readonly members: readonly LocatedDetection[];
}

interface KnownGroup extends Group {
  readonly known: KnownStaticDetection | null;
}

function detectionsOfCategory<Item extends { readonly id: number; readonly category: Category }>(
  items: readonly Item[],
  category: Category,
): Item[] {
  return items.filter((item) => item.category === category).sort((a, b) => a.id - b.id);
}

/** Groups the detections of known static detections and removes them from the grid. */
function groupKnown(free: Grid, known: readonly KnownStaticDetection[]): KnownGroup[] {
  const owned = assignToKnown(free, known);
  for (const members of owned.values()) free.remove(members);
  // Only then includes what matches the mean of each group: the box found in the first images may be untypical.
  return [...owned].map(([one, own]) => {
    const { members } = moveToMean(
      free,
      { box: one.box, members: own },
      { own, mayMoveTo: (box) => intersectionOverUnion(box, one.box) >= SAME_BOX_IOU },
    );
    free.remove(members);
    return { known: one, box: one.box, members };
  });
}

/** Assigns detections to known static detections; those in too few images get none. */
function assignToKnown(
  free: Grid,
  known: readonly KnownStaticDetection[],
): Map<KnownStaticDetection, LocatedDetection[]> {
  const owned = new Map<KnownStaticDetection, LocatedDetection[]>(known.map((one) => [one, []]));
  for (const member of new Set(known.flatMap(({ box }) => free.findSame(box))))
    owned.get(mostSimilar(known, member.box)!)!.push(member);
  const large = known.filter((one) => countImages(owned.get(one)!) >= MIN_STATIC_IMAGES);
  // The detections of dropped ones may match one of the remaining.
  return large.length === known.length ? owned : assignToKnown(free, large);
}

/** Finds the group around a detection in the grid; null if too few images have the same box. */
function findGroupAround(free: Grid, one: LocatedDetection): Group | null {
  if (!free.has(one)) return null;
  const members = free.findSame(one.box);
  if (members.length < MIN_STATIC_IMAGES || countImages(members) < MIN_STATIC_IMAGES) return null;
  return moveToMean(free, { box: one.box, members }, { own: [], mayMoveTo: () => true });
}

/**
 * Moves the group to the mean of its members as long as that adds images, so that the result does not depend on the box
 * that it started from.
 */
function moveToMean(
  free: Grid,
  start: Group,
  { own, mayMoveTo }: { readonly own: readonly LocatedDetection[]; readonly mayMoveTo: (box: Box) => boolean },
): Group {
  let group = start;
  for (let moves = 0; moves < MAX_MOVES; moves += 1) {
    const box = meanBox(group.members);
    if (!mayMoveTo(box)) break;
    const members = [...own, ...free.findSame(box)];
    if (countImages(members) <= countImages(group.members)) break;
    group = { box, members };
  }
  return group;
}

/** Rounds to a millionth, which survives storage as a `real`. */
function meanBox(members: readonly LocatedDetection[]): Box {
  const mean = (side: keyof Box): number =>
    Math.round((members.reduce((sum, { box }) => sum + box[side], 0) / members.length) * 1e6) / 1e6;
  return { x: mean('x'), y: mean('y'), width: mean('width'), height: mean('height') };
}

/** The most similar known static detection, the first one if several are; null if none is the same. */
function mostSimilar(known: readonly KnownStaticDetection[], box: Box): KnownStaticDetection | null {
  let best: KnownStaticDetection | null = null;
  let likeness = 0;
  for (const one of known) {
    const its = intersectionOverUnion(one.box, box);
    if (its >= SAME_BOX_IOU && its > likeness) [best, likeness] = [one, its];
  }
  return best;
}

function countImages(members: readonly LocatedDetection[]): number {
  return new Set(members.map(({ imageId }) => imageId)).size;
}

/** Merges groups that belong to the same known static detection. */
function mergeGroups(groups: readonly KnownGroup[], category: Category): StaticDetectionGroup[] {
  const members = new Map<KnownStaticDetection | KnownGroup, LocatedDetection[]>();
  for (const group of groups) {
    const key = group.known ?? group;
    const all = members.get(key) ?? [];
    for (const member of group.members) all.push(member);
    members.set(key, all);
  }
  return [...members].map(([key, all]) => ({
    knownId: 'id' in key ? key.id : null,
    category,
    box: key.box,
    detectionIds: all.map(({ id }) => id).sort((a, b) => a - b),
    images: countImages(all),
  }));
}
