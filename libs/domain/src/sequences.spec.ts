import { cutSequences, type TimedImage } from './sequences';

const images = (...times: number[]): TimedImage[] => times.map((at, n) => ({ id: n + 1, at }));

function cut(given: readonly TimedImage[], options: { previous?: number | null; longest?: number } = {}): unknown[] {
  return cutSequences(given, { gap: 60, longest: 100, previous: null, ...options }).map((one) => [
    one.images.map(({ id }) => id),
    one.continued,
  ]);
}

describe('sequences', () => {
  it('end where the time between two images exceeds the gap, and not where it equals the gap', () => {
    expect(cut(images(0, 1, 61, 122, 122, 200))).toEqual([
      [[1, 2, 3], false],
      [[4, 5], false],
      [[6], false],
    ]);
  });

  it('may last longer than the gap', () => {
    expect(cut(images(0, 50, 100, 150))).toEqual([[[1, 2, 3, 4], false]]);
  });

  it('continue from the image before the first one, or start anew', () => {
    expect(cut(images(100, 110), { previous: 40 })).toEqual([[[1, 2], true]]);
    expect(cut(images(101, 110), { previous: 40 })).toEqual([[[1, 2], false]]);
  });

  it('are split when they are long, with each image in one part', () => {
    expect(cut(images(0, 1, 2, 3, 4, 100), { longest: 2 })).toEqual([
      [[1, 2], false],
      [[3, 4], true],
      [[5], true],
      [[6], false],
    ]);
  });

  it('are the same for any chunking of the images', () => {
    let seed = 3;
    const random = (n: number): number => (seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31) % n;
    let at = 0;
    const all = Array.from({ length: 500 }, (_, id) => ({ id, at: (at += random(90)) }));
    const whole = cutSequences(all, { gap: 60, longest: 1_000, previous: null });
    const read: { images: TimedImage[]; continued: boolean }[] = [];
    for (let from = 0; from < all.length; from += 7) {
      for (const { images: part, continued } of cutSequences(all.slice(from, from + 7), {
        gap: 60,
        longest: 1_000,
        previous: all[from - 1]?.at ?? null,
      })) {
        if (continued) read.at(-1)!.images.push(...part);
        else read.push({ images: [...part], continued });
      }
    }
    expect(read).toEqual(whole);
    expect(whole.length).toBeGreaterThan(100);
  });
});
