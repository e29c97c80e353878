import { parseOptions, portOption } from './options';

const OPTIONS = { once: { type: 'boolean' }, json: { type: 'string' } } as const;

it('reads options', () => {
  expect(parseOptions('demo', 'usage', ['--once', '--json', 'a.json'], OPTIONS)).toEqual({
    once: true,
    json: 'a.json',
  });
});

it.each([
  ['an unknown option', ['--fast'], "demo: Unknown option '--fast'; usage: npm run demo"],
  ['a missing value', ['--json'], "demo: Option '--json <value>' argument missing; usage: npm run demo"],
  ['an unexpected argument', ['pictures'], "demo: Unexpected argument 'pictures'; usage: npm run demo"],
])('reports %s in one line, with exit code 2', (_what, args, message) => {
  const read = (): unknown => parseOptions('demo', 'npm run demo', args, OPTIONS);
  expect(read).toThrow(expect.objectContaining({ exitCode: 2 }));
  expect(read).toThrow(expect.objectContaining({ message: expect.stringContaining(message.slice(0, 30)) }));
  expect(read).toThrow(expect.objectContaining({ message: expect.not.stringContaining('\n') }));
});

it.each(['0', '65536', '80a', ''])('refuses port %j', (text) =>
  expect(() => portOption('demo', text)).toThrow('--port takes a number'),
);

it('accepts a port, or none', () => {
  expect(portOption('demo', '8090')).toBe(8090);
  expect(portOption('demo', undefined)).toBeUndefined();
});
