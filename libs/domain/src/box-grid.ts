import { intersectionOverUnion, type Box } from './detection';

/** Intersection over union from which on two boxes are the same. */
export const SAME_BOX_IOU = 0.9;

/** A little less than SAME_BOX, so that rounding loses nothing. */
const MIN_IOU = SAME_BOX_IOU - 0.001;
/** How far apart the sides of two same boxes are at most, in widths or heights of either. */
const MAX_OFFSET = 1 / MIN_IOU - 1;
/** Widths, and heights, of one class differ by less than this factor. */
const CLASS_FACTOR = 1.25;
/** Side of a cell, in the least width or height of its class. */
const CELL_FRACTION = 0.2;
/** Below this no cell becomes smaller, so that their numbers stay small. */
const MIN_CELL = 1e-6;
/** More than there are cells in a row, or classes. */
const CELLS_PER_ROW = 2 ** 21;
const MAX_CLASSES = 2 ** 12;

/**
 * Finds those of many boxes that are the same as a given one (SAME_BOX) without comparing all: only those of about its size and place.
 *
 * None is missed. Let two boxes be W and w wide, W ≥ w, and their intersection v, of intersection over union J. Its height is at most that of
 * either box, and the union holds the wider box, so J ≤ v / W, where v ≤ w. From J ≥ 0.9 follow w ≥ 0.9 W, and that the left sides are at
 * most W - v ≤ 0.1 W apart. So the same box is of a width from 0.9 to 1 / 0.9 times the given one, and its left side no farther from
 * the given one's than (1 / 0.9 - 1) times the given width. The same holds for heights and upper sides.
 */
export class BoxGrid<Item extends { readonly box: Box }> {
  readonly #items: readonly Item[];
  readonly #numbers: ReadonlyMap<Item, number>;
  /** Of each item left, upper, right and lower side, one after the other: comparing numbers that lie together takes a tenth of the time. */
  readonly #sides: Float64Array;
  /** Numbers of the items that were not removed, by classes of width and height, then by place. */
  readonly #sizes = new Map<number, Map<number, number[]>>();
  readonly #removed: Uint8Array;

  constructor(items: readonly Item[]) {
    this.#items = items;
    this.#numbers = new Map(items.map((item, number) => [item, number]));
    this.#sides = Float64Array.from(items.flatMap(({ box }) => [box.x, box.y, box.x + box.width, box.y + box.height]));
    this.#removed = new Uint8Array(items.length);
    for (const [number, { box }] of items.entries()) {
      if (box.width > 0 && box.height > 0) this.#cellOf(box).push(number);
    }
  }

  has(item: Item): boolean {
    return this.#removed[this.#numbers.get(item)!] === 0;
  }

  /** Those that are the same as it; in the same order for the same grid. */
  findSame(box: Box): Item[] {
    const same: Item[] = [];
    const [across, down] = [box.width * MAX_OFFSET, box.height * MAX_OFFSET];
    const [right, bottom] = [box.x + box.width, box.y + box.height];
    const sides = this.#sides;
    for (const cell of this.#nearbyCells(box)) {
      for (const number of cell) {
        const at = number * 4;
        const close =
          Math.abs(sides[at]! - box.x) <= across &&
          Math.abs(sides[at + 2]! - right) <= across &&
          Math.abs(sides[at + 1]! - box.y) <= down &&
          Math.abs(sides[at + 3]! - bottom) <= down;
        if (close && intersectionOverUnion(this.#items[number]!.box, box) >= SAME_BOX_IOU) same.push(this.#items[number]!);
      }
    }
    return same;
  }

  /** From then on they are not found any more. */
  remove(items: readonly Item[]): void {
    for (const item of items) this.#removed[this.#numbers.get(item)!] = 1;
    for (const cell of new Set(items.map(({ box }) => this.#cellOf(box)))) {
      const rest = cell.filter((number) => this.#removed[number] === 0);
      cell.length = 0;
      for (const number of rest) cell.push(number);
    }
  }

  #cellOf({ x, y, width, height }: Box): number[] {
    const [across, down] = [classOf(width), classOf(height)];
    const places = getOrSet(this.#sizes, across * MAX_CLASSES + down, () => new Map<number, number[]>());
    return getOrSet(places, Math.floor(x / cellSide(across)) * CELLS_PER_ROW + Math.floor(y / cellSide(down)), () => []);
  }

  #nearbyCells({ x, y, width, height }: Box): number[][] {
    const cells: number[][] = [];
    if (!(width > 0 && height > 0)) return cells;
    const [right, below] = [width * MAX_OFFSET, height * MAX_OFFSET];
    const [widest, highest] = [classOf(width / MIN_IOU), classOf(height / MIN_IOU)];
    for (let across = classOf(width * MIN_IOU); across <= widest; across += 1) {
      for (let down = classOf(height * MIN_IOU); down <= highest; down += 1) {
        const places = this.#sizes.get(across * MAX_CLASSES + down);
        if (places === undefined) continue;
        const [cellWidth, cellHeight] = [cellSide(across), cellSide(down)];
        const [lastColumn, firstRow, lastRow] = [
          Math.floor((x + right) / cellWidth),
          Math.floor((y - below) / cellHeight),
          Math.floor((y + below) / cellHeight),
        ];
        for (let column = Math.floor((x - right) / cellWidth); column <= lastColumn; column += 1) {
          for (let row = firstRow; row <= lastRow; row += 1) {
            const cell = places.get(column * CELLS_PER_ROW + row);
            if (cell !== undefined) cells.push(cell);
          }
        }
      }
    }
    return cells;
  }
}

function classOf(length: number): number {
  return Math.floor(Math.log(length) / Math.log(CLASS_FACTOR));
}

function cellSide(sizeClass: number): number {
  return Math.max(CLASS_FACTOR ** sizeClass * CELL_FRACTION, MIN_CELL);
}

function getOrSet<Value>(map: Map<number, Value>, key: number, make: () => Value): Value {
  let value = map.get(key);
  if (value === undefined) map.set(key, (value = make()));
  return value;
}
