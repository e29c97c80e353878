import { PreparedNames } from './prepared-statements';

describe('names of prepared statements', () => {
  const names = (texts: readonly string[], of = new PreparedNames()) => texts.map((text) => of.nameOf(text)?.name);

  it('are the same for the same text, and null for statements without the marker', () => {
    expect(
      names(['/* prepared */ select 1', 'select 1', ' \n/* prepared */ select 2', '/* prepared */ select 1']),
    ).toEqual(['prepared_1', undefined, 'prepared_2', 'prepared_1']);
  });

  it('are limited to a hundred: the least recently used one is evicted, and gets a new name when it is used again', () => {
    const of = new PreparedNames();
    const text = (n: number): string => `/* prepared */ select ${n}`;
    names(
      Array.from({ length: 100 }, (_, n) => text(n + 1)),
      of,
    );
    expect(of.nameOf(text(1))).toEqual({ name: 'prepared_1', evicted: null });
    expect(of.nameOf(text(101))).toEqual({ name: 'prepared_101', evicted: 'prepared_2' });
    expect(of.nameOf(text(2))).toEqual({ name: 'prepared_102', evicted: 'prepared_3' });
    expect(of.nameOf(text(1))).toEqual({ name: 'prepared_1', evicted: null });
  });
});
