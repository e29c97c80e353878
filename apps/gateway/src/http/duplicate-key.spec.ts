import { duplicateKey } from './duplicate-key';

describe('duplicateKey', () => {
  it.each([
    ['{}', null],
    ['{"a":1,"b":{"a":1},"c":[{"a":1},{"a":2}]}', null],
    ['{"a":"b","b":"a"}', null],
    ['{"a":"{\\"b\\":1,\\"b\\":2}"}', null],
    ['{"a":["a","a"],"b":":"}', null],
    ['{"a":1,"a":1}', 'a'],
    ['{"a":1,"b":{"c":1,"d":[],"c":2}}', 'c'],
    ['{"a":{"x":1},"b":[1,{"y":[{}]}],"a":2}', 'a'],
    ['{"a":1,"\\u0061":2}', 'a'],
    ['{"\\"":1 , "\\"" : 2}', '"'],
    ['{"__proto__":1,"toString":2}', null],
  ])('of %s is %j', (text, expected) => {
    expect(() => JSON.parse(text)).not.toThrow();
    expect(duplicateKey(text)).toBe(expected);
  });

  it('scans a megabyte', () => {
    expect(
      duplicateKey(
        JSON.stringify({
          a: 'x'.repeat(500_000),
          b: '\\"'.repeat(200_000),
          c: Array.from({ length: 50_000 }, () => ({ a: 1 })),
        }),
      ),
    ).toBeNull();
  });
});
