import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { BINDING_FILE, STATE_FILE, type TensorflowState } from '@pugmark/inference';
import { type Log, runCommand } from '@pugmark/toolkit';
import type { BuildTools } from './find-tools';
import type { SelfTestResult } from './self-test.child';

export interface BuildOptions {
  readonly device: 'cpu' | 'gpu';
  /** Created here; afterwards it holds the library, its licences and the binding. */
  readonly folder: string;
  /** pip's requirements file of pinned wheels with their sha256. */
  readonly requirements: string;
  readonly tools: BuildTools;
  readonly root: string;
  readonly log: Log;
  readonly signal?: AbortSignal | undefined;
}

/** Half an hour, for some GB over a slow connection. */
const DOWNLOAD_DEADLINE_MS = 30 * 60_000;
const UNPACK_DEADLINE_MS = 10 * 60_000;
const COMPILE_DEADLINE_MS = 5 * 60_000;
const TEST_DEADLINE_MS = 2 * 60_000;

/** The same wheels for every machine: nothing of the Python in them is used, so the user's version does not matter. */
const WHEEL_PYTHON = '3.12';
/** Newest first; the names for Arm differ only in the processor. */
const PLATFORMS = ['manylinux_2_27', 'manylinux_2_17', 'manylinux2014'] as const;

/** The linked libraries, and the headers that the binding includes, directly or not. */
const WANTED = [
  'tensorflow/libtensorflow_cc.so',
  'tensorflow/libtensorflow_framework.so',
  'tensorflow/include/tensorflow/c/',
  'tensorflow/include/tensorflow/core/platform/ctstring',
  'tensorflow/include/tsl/platform/ctstring',
  'tensorflow/include/xla/tsl/c/',
  'tensorflow/THIRD_PARTY_NOTICES',
  'nvidia/',
] as const;

/** Downloads, unpacks, compiles and tests the library. Rejects with a readable reason. */
export async function buildTensorflow(options: BuildOptions): Promise<SelfTestResult> {
  const wheels = join(options.folder, '.wheels');
  mkdirSync(wheels, { recursive: true });
  await download(wheels, options);
  const files = readdirSync(wheels)
    .filter((name) => name.endsWith('.whl'))
    .map((name) => join(wheels, name));
  const unpack = join(dirname(options.requirements), 'unpack-wheels.py');
  await runCommand({
    command: options.tools.python,
    args: [unpack, options.folder, WANTED.join(','), ...files],
    deadlineMs: UNPACK_DEADLINE_MS,
    signal: options.signal,
  });
  rmSync(wheels, { recursive: true });
  await compile(options);
  rmSync(join(options.folder, 'tensorflow', 'include'), { recursive: true });
  return selfTest(options);
}

async function download(target: string, { requirements, tools, signal }: BuildOptions): Promise<void> {
  const machine = process.arch === 'arm64' ? 'aarch64' : 'x86_64';
  await runCommand({
    command: tools.python,
    args: [
      ...[
        '-m',
        'pip',
        'download',
        '--quiet',
        '--no-input',
        '--disable-pip-version-check',
        '--no-cache-dir',
        '--retries',
        '2',
        '--timeout',
        '20',
      ],
      ...['--no-deps', '--require-hashes', '--only-binary=:all:', '--python-version', WHEEL_PYTHON],
      ...PLATFORMS.flatMap((platform) => ['--platform', `${platform}_${machine}`]),
      ...['--dest', target, '--requirement', requirements],
    ],
    deadlineMs: DOWNLOAD_DEADLINE_MS,
    // pip stores partial downloads in the system's temporary folder, which is often small.
    env: { ...process.env, LC_ALL: 'C', TMPDIR: target },
    signal,
  });
}

/** Compiles the binding of tfjs-node-gpu against Node-API: one file works with every version of Node from 20 on. */
async function compile({ folder, root, tools, signal }: BuildOptions): Promise<void> {
  const modules = join(root, 'node_modules');
  const source = join(modules, '@tensorflow', 'tfjs-node-gpu');
  await runCommand({
    command: tools.compiler,
    args: [
      ...['-std=c++17', '-O2', '-fPIC', '-shared', '-w', '-DNAPI_VERSION=8'],
      ...[
        '-I',
        join(modules, 'node-api-headers', 'include'),
        '-I',
        join(folder, 'tensorflow', 'include'),
        '-I',
        source,
      ],
      ...[
        join(source, 'binding', 'tfjs_backend.cc'),
        join(source, 'binding', 'tfjs_binding.cc'),
        '-o',
        join(folder, BINDING_FILE),
      ],
      ...[
        '-L',
        join(folder, 'tensorflow'),
        '-l:libtensorflow_cc.so.2',
        '-l:libtensorflow_framework.so.2',
        '-Wl,-rpath,$ORIGIN/tensorflow',
      ],
    ],
    deadlineMs: COMPILE_DEADLINE_MS,
    signal,
  });
}

/** Tested in a separate process: a library that does not fit the machine can crash the process that loads it. */
async function selfTest({ folder, device, root, signal }: BuildOptions): Promise<SelfTestResult> {
  const state: TensorflowState = { installed: true, folder: '.', version: '', device, gpus: [] };
  writeFileSync(join(folder, STATE_FILE), JSON.stringify(state));
  const out = await runCommand({
    command: process.execPath,
    args: [join(root, 'tools', 'tensorflow', 'dist', 'bundle', 'self-test.child.js'), folder, device],
    deadlineMs: TEST_DEADLINE_MS,
    env: { ...process.env, TF_CPP_MIN_LOG_LEVEL: '2', TF_ENABLE_ONEDNN_OPTS: '1', TF_FORCE_GPU_ALLOW_GROWTH: 'true' },
    signal,
  });
  rmSync(join(folder, STATE_FILE));
  return JSON.parse(out) as SelfTestResult;
}
