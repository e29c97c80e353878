import { isPathWithin } from './is-path-within';

it.each([
  ['/data', '/data', true],
  ['/data/a/b', '/data', true],
  ['/data', '/', true],
  ['/database', '/data', false],
  ['/', '/data', false],
])('%s is within %s: %s', (path, folder, expected) => {
  expect(isPathWithin(path, folder)).toBe(expected);
});
