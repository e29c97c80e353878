import { manifest, output } from './decoders.fixture';
import { SOFTMAX } from './softmax';

const LABELS = ['fox', 'badger', 'boar', 'hare', 'marten', 'lynx', 'wolf'];
const MANIFEST = manifest('softmax', { labels: LABELS, categories: {}, storeThreshold: 0.05 });
const decode = (...rows: readonly (readonly number[])[]) =>
  SOFTMAX.decode([output([rows.length, LABELS.length], rows.flat())], rows.length, MANIFEST);

describe('SOFTMAX', () => {
  it('returns the labels with the highest scores of each crop, at least one and at most five', () => {
    const [sure, spread] = decode([0.97, 0.03, 0, 0, 0, 0, 0], [0.1, 0.2, 0.15, 0.15, 0.125, 0.125, 0.15]);
    expect(sure).toEqual([{ label: 'fox', score: Math.fround(0.97) }]);
    expect(spread!.map(({ label }) => label)).toEqual(['badger', 'boar', 'hare', 'wolf', 'marten']);
  });

  it('treats values that do not sum to 1 as logits, however large', () => {
    const [[first, second] = []] = decode([1_000, 1_000 - Math.log(3), 0, 0, 0, 0, 0]);
    expect(first).toEqual({ label: 'fox', score: expect.closeTo(0.75, 4) });
    expect(second).toEqual({ label: 'badger', score: expect.closeTo(0.25, 4) });
  });

  it('treats a whole batch as logits when one row does not sum to 1', () => {
    const rows = [
      [1, 0, 0, 0, 0, 0, 0],
      [2, 0, 0, 0, 0, 0, 0],
    ];
    const expected = rows.map((row) => Math.exp(row[0]!) / (Math.exp(row[0]!) + 6));
    expect(decode(...rows).map((found) => found[0]!.score)).toEqual(expected.map((score) => expect.closeTo(score, 6)));
    expect(decode(rows[0]!)[0]).toEqual([{ label: 'fox', score: 1 }]);
  });

  it('treats rows that sum to 1 with negative values as logits', () => {
    expect(decode([2, -1, 0, 0, 0, 0, 0])[0]![0]).toEqual({
      label: 'fox',
      score: expect.closeTo(Math.exp(2) / (Math.exp(2) + Math.exp(-1) + 5), 6),
    });
  });

  it('returns the best label even below the threshold', () => {
    const many = manifest('softmax', { labels: LABELS, storeThreshold: 0.9 });
    expect(SOFTMAX.decode([output([1, 7], [0.2, 0.1, 0.1, 0.15, 0.15, 0.15, 0.15])], 1, many)[0]).toEqual([
      { label: 'fox', score: Math.fround(0.2) },
    ]);
  });

  it('reports a number of scores that differs from the number of labels', () => {
    expect(() => SOFTMAX.decode([output([1, 3], [1, 0, 0])], 1, MANIFEST)).toThrow(RangeError);
    expect(() => SOFTMAX.decode([output([1, 3], [1, 0, 0])], 1, MANIFEST)).toThrow(
      /'output_0' of scores .* \[1, 7\], but has \[1, 3\]/,
    );
  });
});
