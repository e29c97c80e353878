import { Max, Min } from 'class-validator';
import { Type } from 'class-transformer';
import { QueryParser } from './query-parser';

class Query {
  @Type(() => Number)
  @Min(1)
  @Max(9)
  readonly n: number = 5;
}

describe('a parsed query', () => {
  const requestOf = (query: Record<string, string>) => ({ url: `/x?${new URLSearchParams(query)}`, query });

  it('is the same each time its text is parsed', () => {
    const parser = new QueryParser(Query);
    expect(parser.parse({ url: '/x', query: {} })).toEqual({ n: 5 });
    for (let round = 0; round < 2; round += 1)
      for (const n of ['1', '2', '9']) expect(parser.parse(requestOf({ n }))).toEqual({ n: Number(n) });
  });

  it('is validated the second time as the first', () => {
    const parser = new QueryParser(Query);
    for (let round = 0; round < 2; round += 1) {
      expect(() => parser.parse(requestOf({ n: '10' }))).toThrow('n must not be greater than 9');
    }
    expect(parser.parse(requestOf({ n: '3' }))).toEqual({ n: 3 });
  });

  it('is frozen, since requests share it', () => {
    const parser = new QueryParser(Query);
    const first = parser.parse(requestOf({ n: '3' }));
    expect(parser.parse(requestOf({ n: '3' }))).toBe(first);
    expect(() => Object.assign(first, { n: 4 })).toThrow(TypeError);
  });

  it('is cached only for recent and short texts', () => {
    const parser = new QueryParser(Query);
    const first = parser.parse(requestOf({ n: '3' }));
    for (let n = 0; n < 100; n += 1) parser.parse({ url: `/x?n=4&${n}`, query: { n: '4' } });
    expect(parser.parse(requestOf({ n: '3' }))).not.toBe(first);
    const long = { url: `/x?n=3&${'x'.repeat(500)}`, query: { n: '3' } };
    expect(parser.parse(long)).not.toBe(parser.parse(long));
  });
});
