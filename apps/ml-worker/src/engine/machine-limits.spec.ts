import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readMachineLimits, type Machine } from './machine-limits';

const GIB = 2 ** 30;

describe('readMachineLimits', () => {
  const folder = mkdtempSync(join(tmpdir(), 'pugmark-limits-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** A machine with 8 cores and 16 GiB; `limits`: contents of files of its control groups, by path. */
  function machine(name: string, own: string | null, limits: Readonly<Record<string, string>> = {}): Machine {
    const groups = join(folder, name);
    mkdirSync(groups);
    for (const [path, content] of Object.entries(limits)) {
      mkdirSync(join(groups, path, '..'), { recursive: true });
      writeFileSync(join(groups, path), `${content}\n`);
    }
    if (own !== null) writeFileSync(join(groups, 'self'), `1:name=systemd:/x\n${own}\n`);
    return { cores: 8, memoryBytes: 16 * GIB, groupFile: join(groups, 'self'), groups };
  }

  it.each<[string, string | null, Readonly<Record<string, string>>, number, number]>([
    ['without control groups', null, {}, 8, 16],
    ['without limits', '0::/a', { 'a/cpu.max': 'max 100000', 'a/memory.max': 'max' }, 8, 16],
    ['of a container', '0::/', { 'cpu.max': '150000 100000', 'memory.max': String(2 * GIB) }, 1.5, 2],
    [
      'of a group above',
      '0::/pods/one/ml',
      { 'pods/cpu.max': '400000 100000', 'pods/one/memory.max': String(4 * GIB), 'pods/one/ml/memory.max': 'max' },
      4,
      4,
    ],
    ['above those of the machine', '0::/a', { 'a/cpu.max': '9900000 100000', 'a/memory.max': String(99 * GIB) }, 8, 16],
  ])('reads the limits %s', (name, own, limits, cores, gib) => {
    expect(readMachineLimits(machine(name, own, limits))).toEqual({ cores, memoryBytes: gib * GIB });
  });

  it('reads those of this machine', () => {
    const { cores, memoryBytes } = readMachineLimits();
    expect(cores).toBeGreaterThan(0);
    expect(memoryBytes).toBeGreaterThan(GIB / 8);
  });
});
