import { BoxGrid, SAME_BOX_IOU } from './box-grid';
import { CATEGORIES, intersectionOverUnion, type Box, type Category } from './detection';

/** A box that is found in as many images of one deployment is static: a branch or a stone that the model takes for an animal. */
export const MIN_STATIC_IMAGES = 20;
/** A reference box moves to the middle of its group at most so often. Most rest after two or three. */
const MAX_MOVES = 10;

export interface LocatedDetection {
  readonly id: number;
  readonly imageId: number;
  readonly category: Category;
  readonly box: Box;
}

/** A static box of an earlier search. */
export interface KnownStaticDetection {
  readonly id: number;
  readonly category: Category;
  readonly box: Box;
}

export interface StaticDetectionGroup {
  /** The known box that it is; null: a new one. */
  readonly knownId: number | null;
  readonly category: Category;
  /** The reference box; of a known one as it is known. */
  readonly box: Box;
  /** In order. */
  readonly detectionIds: readonly number[];
  /** Different ones. */
  readonly images: number;
}

/**
 * The static boxes of one deployment: groups of detections of one category that are the same box as the group's reference box (SAME_BOX), in at
 * least STATIC_IMAGES images. A detection is in one group at most; none is left over that is the same as a reference box, or the
 * same as those in so many images that are left over. In whatever order they are given, the same comes out.
 *
 * Known boxes keep what is theirs: a detection belongs to the known box that it is most like, before any new group forms, so that what a
 * person said of that box goes on counting. It takes what is the same as the middle of its own, too; and a new group whose reference box is
 * the same as a known one belongs to that one. A known box that is in too few images by now has no group.
 */
export function findStaticDetections(found: readonly LocatedDetection[], known: readonly KnownStaticDetection[] = []): StaticDetectionGroup[] {
  const search = searchStaticDetections(found, known);
  for (;;) {
    const { done, value } = search.next();
    if (done === true) return value;
  }
}

/** The same in short steps, between which a server can do other things: 100,000 detections take a second. */
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
      // Its group may have moved away from it.
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

/** Those of known boxes, taken out of the grid. */
function groupKnown(free: Grid, known: readonly KnownStaticDetection[]): KnownGroup[] {
  const owned = assignToKnown(free, known);
  for (const members of owned.values()) free.remove(members);
  // Only then does each take what is the same as the middle of what it has: a box that was found in the first pictures may lie at the edge.
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

/** What each known box owns, where that is in enough images; the others own nothing. */
function assignToKnown(free: Grid, known: readonly KnownStaticDetection[]): Map<KnownStaticDetection, LocatedDetection[]> {
  const owned = new Map<KnownStaticDetection, LocatedDetection[]>(known.map((one) => [one, []]));
  for (const member of new Set(known.flatMap(({ box }) => free.findSame(box))))
    owned.get(mostSimilar(known, member.box)!)!.push(member);
  const large = known.filter((one) => countImages(owned.get(one)!) >= MIN_STATIC_IMAGES);
  // What the others had may be that of one of these as well.
  return large.length === known.length ? owned : assignToKnown(free, large);
}

/** Around one that is in the grid; null where too few images hold the same. */
function findGroupAround(free: Grid, one: LocatedDetection): Group | null {
  if (!free.has(one)) return null;
  const members = free.findSame(one.box);
  if (members.length < MIN_STATIC_IMAGES || countImages(members) < MIN_STATIC_IMAGES) return null;
  return moveToMean(free, { box: one.box, members }, { own: [], mayMoveTo: () => true });
}

/** The group moves to the middle of its members for as long as that brings more images: whichever box it began with, it takes the bulk. */
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

/** To a millionth, which comes back as it was from where it is stored as a `real`. */
function meanBox(members: readonly LocatedDetection[]): Box {
  const mean = (side: keyof Box): number =>
    Math.round((members.reduce((sum, { box }) => sum + box[side], 0) / members.length) * 1e6) / 1e6;
  return { x: mean('x'), y: mean('y'), width: mean('width'), height: mean('height') };
}

/** The first of those that it is most like, if it is the same as one. */
function mostSimilar(known: readonly KnownStaticDetection[], box: Box): KnownStaticDetection | null {
  let most: KnownStaticDetection | null = null;
  let likeness = 0;
  for (const one of known) {
    const its = intersectionOverUnion(one.box, box);
    if (its >= SAME_BOX_IOU && its > likeness) [most, likeness] = [one, its];
  }
  return most;
}

function countImages(members: readonly LocatedDetection[]): number {
  return new Set(members.map(({ imageId }) => imageId)).size;
}

/** Groups that belong to the same known box are one. */
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
