import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { demoOptions } from './demo-options';

it('resolves paths against the folder in which the user called npm', () => {
  expect(demoOptions(['--images', '.', '--once', '--json', 'a.json', '--port', '8090'], tmpdir())).toEqual({
    images: tmpdir(),
    once: true,
    json: join(tmpdir(), 'a.json'),
    port: 8090,
  });
});

it.each([
  [['--images', 'nowhere'], 'there is no'],
  [['--images', __filename], 'is not a folder'],
  [['--json', 'nowhere/a.json'], 'the folder of --json'],
])('refuses %j with exit code 2', (args, message) => {
  const read = (): unknown => demoOptions(args, tmpdir());
  expect(read).toThrow(message);
  expect(read).toThrow(expect.objectContaining({ exitCode: 2 }));
});
