import { SAME_BOX_IOU } from './box-grid';
import { intersectionOverUnion, type Box, type Category } from './detection';
import {
  MIN_STATIC_IMAGES,
  findStaticDetections,
  type LocatedDetection,
  type KnownStaticDetection,
  type StaticDetectionGroup,
} from './static-detections';

const BRANCH: Box = { x: 0.4, y: 0.3, width: 0.2, height: 0.1 };

/** Creates one detection per given place, each in its own image. */
function boxes(places: readonly Box[], category: Category = 'animal', firstId = 1): LocatedDetection[] {
  return places.map((box, index) => ({ id: firstId + index, imageId: firstId + index, category, box }));
}

function times(count: number, box: Box = BRANCH): Box[] {
  return Array.from({ length: count }, () => box);
}

function randoms(seed: number): () => number {
  let state = seed;
  return () => {
    // https://en.wikipedia.org/wiki/Lehmer_random_number_generator
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

function jittered(random: () => number, { x, y, width, height }: Box, by: number): Box {
  const off = (length: number): number => (random() - 0.5) * 2 * by * length;
  return { x: x + off(width), y: y + off(height), width: width + off(width), height: height + off(height) };
}

function shuffled<Item>(random: () => number, items: readonly Item[]): Item[] {
  return items
    .map((item) => ({ item, at: random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
}

const outlines = (groups: readonly StaticDetectionGroup[]) =>
  groups.map(({ knownId, category, images }) => ({ knownId, category, images }));

describe('static detections', () => {
  it('are the same box in 20 images, but not in 19: an animal may lie still', () => {
    expect(findStaticDetections(boxes(times(19)))).toEqual([]);
    expect(findStaticDetections(boxes(times(20)))).toEqual([
      {
        knownId: null,
        category: 'animal',
        box: BRANCH,
        detectionIds: Array.from({ length: 20 }, (_, index) => index + 1),
        images: 20,
      },
    ]);
  });

  it('count images, not detections', () => {
    expect(findStaticDetections(boxes(times(38)).map((one) => ({ ...one, imageId: Math.ceil(one.id / 2) })))).toEqual(
      [],
    );
  });

  it('are of one category', () => {
    expect(findStaticDetections([...boxes(times(19)), ...boxes(times(19), 'person', 100)])).toEqual([]);
    expect(
      outlines(findStaticDetections([...boxes(times(20), 'vehicle'), ...boxes(times(21), 'animal', 100)])),
    ).toEqual([
      { knownId: null, category: 'animal', images: 21 },
      { knownId: null, category: 'vehicle', images: 20 },
    ]);
  });

  it('are the same from an intersection over union of 0.9 on', () => {
    const wider = (by: number): Box => ({ ...BRANCH, width: BRANCH.width * by });
    expect(outlines(findStaticDetections(boxes([...times(19), wider(1.1)])))).toHaveLength(1);
    expect(findStaticDetections(boxes([...times(19), wider(1.12)]))).toEqual([]);
  });

  it('include boxes that vary slightly between images, whichever was detected first', () => {
    const random = randoms(3);
    const edge = { ...BRANCH, x: BRANCH.x + 0.08 * BRANCH.width };
    const places = [edge, ...Array.from({ length: 200 }, () => jittered(random, BRANCH, 0.015))];
    const [group, ...others] = findStaticDetections(boxes(places));
    expect(others).toEqual([]);
    expect(group!.images).toBeGreaterThanOrEqual(200);
    expect(intersectionOverUnion(group!.box, BRANCH)).toBeGreaterThan(0.95);
  });

  it('form two groups where two objects overlap', () => {
    const stone = { ...BRANCH, x: BRANCH.x + 0.05, height: 0.15 };
    const groups = findStaticDetections(boxes([...times(25), ...times(30, stone)]));
    expect(outlines(groups)).toEqual([25, 30].map((images) => ({ knownId: null, category: 'animal', images })));
    expect(groups.map(({ box }) => box)).toEqual([BRANCH, stone]);
  });

  it('are not found where animals walk through the image', () => {
    expect(
      findStaticDetections(
        boxes(
          Array.from({ length: 300 }, (_, step) => ({ ...BRANCH, x: step * 0.0025, width: 0.05 + (step % 10) * 0.02 })),
        ),
      ),
    ).toEqual([]);
  });

  it('ignore boxes without an extent', () => {
    expect(findStaticDetections(boxes(times(30, { ...BRANCH, width: 0 })))).toEqual([]);
    expect(findStaticDetections(boxes(times(30, { ...BRANCH, width: 1e-44 })))).toEqual([]);
    expect(findStaticDetections(boxes(times(30, { ...BRANCH, width: 1e-7, height: 1e-7 })))).toHaveLength(1);
  });

  describe('that are known', () => {
    const known = (id: number, box: Box = BRANCH, category: Category = 'animal'): KnownStaticDetection => ({
      id,
      box,
      category,
    });
    const near = { ...BRANCH, x: BRANCH.x + 0.005 };

    it('keep their identity and include new detections', () => {
      expect(findStaticDetections(boxes([...times(5), ...times(20, near)]), [known(7)])).toMatchObject([
        { knownId: 7, box: BRANCH, images: 25 },
      ]);
    });

    it('are dropped when they are in too few images by now', () => {
      expect(findStaticDetections(boxes(times(19)), [known(7)])).toEqual([]);
      expect(findStaticDetections([], [known(7)])).toEqual([]);
    });

    it('include only detections of their category', () => {
      expect(outlines(findStaticDetections(boxes(times(20)), [known(7, BRANCH, 'person')]))).toEqual([
        { knownId: null, category: 'animal', images: 20 },
      ]);
    });

    it('get the detections that are most similar to them', () => {
      const groups = findStaticDetections(boxes([...times(20), ...times(22, near)]), [known(8, near), known(7)]);
      expect(groups).toMatchObject([
        { knownId: 7, images: 20 },
        { knownId: 8, images: 22 },
      ]);
    });

    it('leave their detections to others when they have too few', () => {
      // Detection 7 matches both; on its own, this one would have 3.
      const between = { ...BRANCH, x: BRANCH.x + 0.0025 };
      const groups = findStaticDetections(boxes([...times(30), ...times(3, between)]), [known(6), known(7, between)]);
      expect(outlines(groups)).toEqual([{ knownId: 6, category: 'animal', images: 33 }]);
    });

    it('include boxes around the mean of their detections, even if these differ from the reference box', () => {
      const first = { ...BRANCH, x: BRANCH.x - 0.007 };
      const farther = { ...BRANCH, x: BRANCH.x + 0.006 };
      expect(intersectionOverUnion(first, farther)).toBeLessThan(SAME_BOX_IOU);
      const found = boxes([...times(2, first), ...times(30), ...times(5, farther)]);
      expect(findStaticDetections(found, [known(7, first)])).toMatchObject([{ knownId: 7, box: first, images: 37 }]);
    });
  });

  describe('among random boxes', () => {
    // Dense, so that boxes are near one another and at the borders of cells and classes.
    const chance = (seed: number, count: number): LocatedDetection[] => {
      const random = randoms(seed);
      const things = Array.from({ length: 12 }, () => ({
        x: random() * 0.6,
        y: random() * 0.6,
        width: 0.001 + random() ** 3 * 0.3,
        height: 0.001 + random() ** 3 * 0.3,
      }));
      return Array.from({ length: count }, (_, index) => ({
        id: index + 1,
        imageId: Math.ceil(random() * count * 0.7),
        category: random() < 0.9 ? ('animal' as const) : ('person' as const),
        box:
          random() < 0.3
            ? { x: random() * 0.5, y: random() * 0.5, width: random() * 0.5, height: random() * 0.5 }
            : jittered(random, things[Math.floor(random() * 12)]!, 0.01 + random() * 0.08),
      }));
    };
    const same = (a: LocatedDetection, b: { readonly category: Category; readonly box: Box }): boolean =>
      a.category === b.category && intersectionOverUnion(a.box, b.box) >= SAME_BOX_IOU;
    const imagesOf = (all: readonly LocatedDetection[]): number => new Set(all.map(({ imageId }) => imageId)).size;

    it.each([1, 2, 3, 4])('equal those found by comparing all pairs (%s)', (seed) => {
      const found = chance(seed, 1_500);
      const groups = findStaticDetections(found);
      expect(groups.length).toBeGreaterThan(5);
      const taken = new Set(groups.flatMap(({ detectionIds }) => detectionIds));
      expect(taken.size).toBe(groups.reduce((sum, { detectionIds }) => sum + detectionIds.length, 0));
      for (const group of groups) {
        const members = group.detectionIds.map((id) => found[id - 1]!);
        expect(members.every((member) => same(member, group))).toBe(true);
        expect(imagesOf(members)).toBe(group.images);
        expect(group.images).toBeGreaterThanOrEqual(MIN_STATIC_IMAGES);
      }
      const left = found.filter(({ id }) => !taken.has(id));
      for (const one of left) {
        expect(groups.some((group) => same(one, group))).toBe(false);
        expect(imagesOf(left.filter((other) => same(other, one)))).toBeLessThan(MIN_STATIC_IMAGES);
      }
    });

    it('do not depend on the order of the detections', () => {
      const found = chance(5, 1_500);
      const groups = findStaticDetections(found);
      const known = groups.slice(0, 4).map((group, index) => ({ ...group, id: index + 1 }));
      for (const seed of [6, 7, 8]) {
        expect(findStaticDetections(shuffled(randoms(seed), found))).toEqual(groups);
        expect(findStaticDetections(shuffled(randoms(seed), found), shuffled(randoms(seed), known))).toEqual(
          findStaticDetections(found, known),
        );
      }
    });

    it('are found again with the same identity', () => {
      const found = chance(9, 1_500);
      const known = findStaticDetections(found).map((group, index) => ({ ...group, id: index + 1 }));
      expect(findStaticDetections(found, known).every(({ knownId }) => knownId !== null)).toBe(true);
    });

    it('are found in 100,000 detections within seconds', () => {
      const random = randoms(10);
      const found = Array.from({ length: 100_000 }, (_, index) => ({
        id: index + 1,
        imageId: index,
        category: 'animal' as const,
        box:
          index % 3 === 0
            ? jittered(random, BRANCH, 0.02)
            : { x: random() * 0.7, y: random() * 0.7, width: 0.02 + random() * 0.25, height: 0.02 + random() * 0.25 },
      }));
      const begun = performance.now();
      expect(findStaticDetections(found)[0]!.images).toBeGreaterThan(30_000);
      // Takes a second or two; comparing all pairs would take five billion comparisons.
      expect(performance.now() - begun).toBeLessThan(20_000);
    });
  });
});
