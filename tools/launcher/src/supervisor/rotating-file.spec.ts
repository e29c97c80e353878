import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RotatingFile } from './rotating-file';

it('keeps a few old files and drops the oldest', () => {
  const folder = mkdtempSync(join(tmpdir(), 'pugmark-log-'));
  const file = join(folder, 'logs', 'a.log');
  const log = new RotatingFile(file, 10, 2);
  for (const line of ['first--\n', 'second-\n', 'third--\n', 'fourth-\n']) log.write(line);
  log.close();
  log.write('too late\n');
  expect([file, `${file}.1`, `${file}.2`].map((name) => readFileSync(name, 'utf8'))).toEqual([
    'fourth-\n',
    'third--\n',
    'second-\n',
  ]);
  expect(existsSync(`${file}.3`)).toBe(false);
  rmSync(folder, { recursive: true });
});
