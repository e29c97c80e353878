import { intersectionOverUnion, type Box } from './detection';

/** Minimum intersection over union of two boxes that count as the same. */
export const SAME_BOX_IOU = 0.9;

/** Slightly less than SAME_BOX_IOU, to allow for rounding. */
const MIN_IOU = SAME_BOX_IOU - 0.001;
/** Maximum distance between the sides of two same boxes, as a fraction of either's width or height. */
const MAX_OFFSET = 1 / MIN_IOU - 1;
/** Widths, and heights, within one class differ by less than this factor. */
const CLASS_FACTOR = 1.25;
/** Side of a cell as a fraction of the minimum width or height of its class. */
const CELL_FRACTION = 0.2;
/** Minimum cell size, which bounds the cell numbers. */
const MIN_CELL = 1e-6;
/** Upper bound of the number of cells in a row, and of classes. */
const CELLS_PER_ROW = 2 ** 21;
const MAX_CLASSES = 2 ** 12;

/**
 * Finds the boxes that are the same as a given one (SAME_BOX_IOU), comparing only boxes of similar size and place.
 * The search is complete. Let two boxes have widths W ≥ w, an intersection of width v, and intersection over union J.
 * The height of the intersection is at most that of either box, and the union contains the wider box, so J ≤ v / W,
 * where v ≤ w. From J ≥ 0.9 follows w ≥ 0.9 W, and that the left sides differ by at most W - v ≤ 0.1 W. So a same box
 * has a width between 0.9 and 1 / 0.9 times the given one, and its left side is at most (1 / 0.9 - 1) times the given
 * width away. The same holds for heights and upper sides.
 */
export class BoxGrid<Item extends { readonly box: Box }> {
  readonly #items: readonly Item[];
  readonly #numbers: ReadonlyMap<Item, number>;
  /**
   * Left, upper, right and lower side of each item, consecutively: comparing adjacent numbers takes a tenth of the
   * time.
   */
  readonly #sides: Float64Array;
  /** Indexes of the items that were not removed, by class of width and height, then by cell. */
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

  /** Finds the items with the same box, in a deterministic order. */
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
        if (close && intersectionOverUnion(this.#items[number]!.box, box) >= SAME_BOX_IOU)
          same.push(this.#items[number]!);
      }
    }
    return same;
  }

  /** Removes items from later searches. */
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
    return getOrSet(
      places,
      Math.floor(x / cellSide(across)) * CELLS_PER_ROW + Math.floor(y / cellSide(down)),
      () => [],
    );
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
