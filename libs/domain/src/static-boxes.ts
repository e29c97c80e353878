import { BoxGrid, SAME_BOX } from './box-grid';
import { CATEGORIES, intersectionOverUnion, type Box, type Category } from './detection';

/** A box that is found in as many images of one deployment is static: a branch or a stone that the model takes for an animal. */
export const STATIC_IMAGES = 20;
/** A reference box moves to the middle of its group at most so often. Most rest after two or three. */
const MOVES = 10;

export interface FoundBox {
  readonly id: number;
  readonly imageId: number;
  readonly category: Category;
  readonly box: Box;
}

/** A static box of an earlier search. */
export interface KnownBox {
  readonly id: number;
  readonly category: Category;
  readonly box: Box;
}

export interface StaticGroup {
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
export function findStaticBoxes(found: readonly FoundBox[], known: readonly KnownBox[] = []): StaticGroup[] {
  const search = searchStaticBoxes(found, known);
  for (;;) {
    const { done, value } = search.next();
    if (done === true) return value;
  }
}

/** The same in short steps, between which a server can do other things: 100,000 detections take a second. */
export function* searchStaticBoxes(
  found: readonly FoundBox[],
  known: readonly KnownBox[],
): Generator<undefined, StaticGroup[]> {
  const result: StaticGroup[] = [];
  for (const category of CATEGORIES) {
    const [boxes, knownBoxes] = [ordered(found, category), ordered(known, category)];
    const free = new BoxGrid(boxes);
    const groups = knownGroups(free, knownBoxes);
    for (const one of boxes) {
      yield;
      // Its group may have moved away from it.
      for (let group = groupAt(free, one); group !== null; group = groupAt(free, one)) {
        free.remove(group.members);
        groups.push({ ...group, known: mostLike(knownBoxes, group.box) });
      }
    }
    result.push(...merged(groups, category));
  }
  return result;
}

type Grid = BoxGrid<FoundBox>;

interface Group {
  readonly box: Box;
  readonly members: readonly FoundBox[];
}

interface KnownGroup extends Group {
  readonly known: KnownBox | null;
}

function ordered<Item extends { readonly id: number; readonly category: Category }>(
  items: readonly Item[],
  category: Category,
): Item[] {
  return items.filter((item) => item.category === category).sort((a, b) => a.id - b.id);
}

/** Those of known boxes, taken out of the grid. */
function knownGroups(free: Grid, known: readonly KnownBox[]): KnownGroup[] {
  const owned = owners(free, known);
  for (const members of owned.values()) free.remove(members);
  // Only then does each take what is the same as the middle of what it has: a box that was found in the first pictures may lie at the edge.
  return [...owned].map(([one, own]) => {
    const { members } = settled(
      free,
      { box: one.box, members: own },
      { own, mayMoveTo: (box) => intersectionOverUnion(box, one.box) >= SAME_BOX },
    );
    free.remove(members);
    return { known: one, box: one.box, members };
  });
}

/** What each known box owns, where that is in enough images; the others own nothing. */
function owners(free: Grid, known: readonly KnownBox[]): Map<KnownBox, FoundBox[]> {
  const owned = new Map<KnownBox, FoundBox[]>(known.map((one) => [one, []]));
  for (const member of new Set(known.flatMap(({ box }) => free.sameAs(box))))
    owned.get(mostLike(known, member.box)!)!.push(member);
  const large = known.filter((one) => imagesOf(owned.get(one)!) >= STATIC_IMAGES);
  // What the others had may be that of one of these as well.
  return large.length === known.length ? owned : owners(free, large);
}

/** Around one that is in the grid; null where too few images hold the same. */
function groupAt(free: Grid, one: FoundBox): Group | null {
  if (!free.has(one)) return null;
  const members = free.sameAs(one.box);
  if (members.length < STATIC_IMAGES || imagesOf(members) < STATIC_IMAGES) return null;
  return settled(free, { box: one.box, members }, { own: [], mayMoveTo: () => true });
}

/** The group moves to the middle of its members for as long as that brings more images: whichever box it began with, it takes the bulk. */
function settled(
  free: Grid,
  start: Group,
  { own, mayMoveTo }: { readonly own: readonly FoundBox[]; readonly mayMoveTo: (box: Box) => boolean },
): Group {
  let group = start;
  for (let moves = 0; moves < MOVES; moves += 1) {
    const box = middleOf(group.members);
    if (!mayMoveTo(box)) break;
    const members = [...own, ...free.sameAs(box)];
    if (imagesOf(members) <= imagesOf(group.members)) break;
    group = { box, members };
  }
  return group;
}

/** To a millionth, which comes back as it was from where it is stored as a `real`. */
function middleOf(members: readonly FoundBox[]): Box {
  const mean = (side: keyof Box): number =>
    Math.round((members.reduce((sum, { box }) => sum + box[side], 0) / members.length) * 1e6) / 1e6;
  return { x: mean('x'), y: mean('y'), width: mean('width'), height: mean('height') };
}

/** The first of those that it is most like, if it is the same as one. */
function mostLike(known: readonly KnownBox[], box: Box): KnownBox | null {
  let most: KnownBox | null = null;
  let likeness = 0;
  for (const one of known) {
    const its = intersectionOverUnion(one.box, box);
    if (its >= SAME_BOX && its > likeness) [most, likeness] = [one, its];
  }
  return most;
}

function imagesOf(members: readonly FoundBox[]): number {
  return new Set(members.map(({ imageId }) => imageId)).size;
}

/** Groups that belong to the same known box are one. */
function merged(groups: readonly KnownGroup[], category: Category): StaticGroup[] {
  const members = new Map<KnownBox | KnownGroup, FoundBox[]>();
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
    images: imagesOf(all),
  }));
}
