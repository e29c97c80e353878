import { tmpdir } from 'node:os';
import { requireDiskSpace } from './disk-space';

it('throws a one-line error when the disk is nearly full', () => {
  expect(() => requireDiskSpace(tmpdir(), () => 300 * 1024 ** 2)).toThrow(
    /^disk nearly full: 0\.29 GiB free at .*, at least 1 GiB is needed/,
  );
});

it('accepts one gibibyte', () => {
  expect(() => requireDiskSpace(tmpdir(), () => 1024 ** 3)).not.toThrow();
});
