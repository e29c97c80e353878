import { LineSplitter } from './line-splitter';

it('joins lines that arrive in pieces', () => {
  const lines: string[] = [];
  const splitter = new LineSplitter((line) => lines.push(line));
  splitter.push('one\ntw');
  splitter.push('o\nthree');
  expect(lines).toEqual(['one', 'two']);
  splitter.end();
  expect(lines).toEqual(['one', 'two', 'three']);
});

it('bounds the length of a line', () => {
  const lines: string[] = [];
  new LineSplitter((line) => lines.push(line), 10).push('x'.repeat(25));
  expect(lines).toEqual(['x'.repeat(25)]);
});
