import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installSchemathesis } from './install-schemathesis';

describe('where Schemathesis cannot be installed', () => {
  const path = process.env['PATH'];
  let root: string;

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'pugmark-fuzz-'));
    mkdirSync(join(root, 'tools', 'system-tests', 'src', 'api-fuzz'), { recursive: true });
    writeFileSync(join(root, 'tools', 'system-tests', 'src', 'api-fuzz', 'requirements.txt'), 'schemathesis==4.32.5\n');
    process.env['PATH'] = `${root}:${path}`;
  });
  afterEach(() => {
    process.env['PATH'] = path;
    rmSync(root, { recursive: true });
  });

  /** Puts a python3 that runs this script first on the search path. */
  function python(script: string): void {
    writeFileSync(join(root, 'python3'), `#!/bin/sh\n${script}\n`);
    chmodSync(join(root, 'python3'), 0o755);
  }

  /** A script that answers as pip would, and runs `installation` after it has made the target folder. */
  const pip = (version: string, installation: string): string =>
    [
      `case "$*" in *--version) echo "pip 24.0 from x (python ${version})";;`,
      `*) mkdir -p "$(echo "$*" | sed "s/.*--target //; s/ .*//")"; ${installation};; esac`,
    ].join(' ');

  const install = (): ReturnType<typeof installSchemathesis> =>
    installSchemathesis({ root, log: () => undefined, signal: new AbortController().signal });

  it('reports that pip is missing', async () => {
    python('echo "No module named pip" >&2; exit 1');
    expect(await install()).toEqual({ problem: 'it needs pip (python3-pip): install that and start again' });
  });

  it("reports pip's error, and leaves nothing half installed", async () => {
    python(pip('3.11', 'echo "no such registry" >&2; exit 1'));
    expect(await install()).toEqual({ problem: expect.stringMatching(/exit code 1\): no such registry/) });
    expect(await install()).toHaveProperty('problem');
    expect(readdirSync(join(root, '.pugmark', 'schemathesis'))).toEqual([]);
  });

  it('installs once per version of Python and of Schemathesis', async () => {
    const logInstallation = `echo x >> ${root}/installs`;
    python(pip('3.11', logInstallation));
    const first = await install();
    expect(await install()).toEqual(first);
    expect(existsSync((first as { folder: string }).folder)).toBe(true);
    python(pip('3.12', logInstallation));
    expect(await install()).not.toEqual(first);
    expect(readdirSync(join(root, '.pugmark', 'schemathesis'))).toHaveLength(1);
  });
});
