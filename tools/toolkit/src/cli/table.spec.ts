import { formatTable } from './table';

it('aligns names on the left and numbers on the right', () => {
  expect(
    formatTable([
      ['images', 1200],
      ['blanks', 7],
      ['engine', 'wasm'],
    ]),
  ).toBe('  images  1200\n  blanks     7\n  engine  wasm');
});
