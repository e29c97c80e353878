import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { messageOf } from '@pugmark/domain';
import {
  BUILTIN_MODEL,
  builtinModelFolder,
  createEngine,
  readTensorflowState,
  type EngineOptions,
  type TensorflowState,
} from '@pugmark/inference';
import { EXIT, type Command, type CommandContext } from '../command';
import { findTensorflowDir } from '../connections';
import { parseCommandLine } from '../parse-args';

const USAGE = 'pugmark doctor [--json]';
const DRIVER_DEADLINE_MS = 15_000;

interface Finding {
  readonly what: string;
  readonly found: string;
  /** What to do; null if nothing. */
  readonly advice: string | null;
}

/** Explains which inference engine this machine uses and why, and how to get a faster one. */
export const doctorCommand: Command = {
  summary: 'explain which engine this machine uses, and how to get a faster one',
  usage: `${USAGE}
  Checks Node, the native library, GPU and driver, then loads the built-in model and runs it once.
  ML_ENGINE and ML_DEVICE have the same meaning as for the ml-worker.
  Exit code 0: the best engine for this machine works; 1: there is something to do.`,

  run: async (args, context) => {
    const { values } = parseCommandLine(USAGE, args, { json: { type: 'boolean', default: false } });
    const findings = await examine(context);
    context.print(values.json ? JSON.stringify(findings, null, 2) : text(findings));
    return findings.every(({ advice }) => advice === null) ? EXIT.ok : EXIT.differs;
  },
};

async function examine({ config, folder }: CommandContext): Promise<Finding[]> {
  const tensorflowDir = findTensorflowDir(config, folder);
  const state = readTensorflowState(tensorflowDir);
  const gpus = await nvidiaGpus();
  return [
    { what: 'Node', found: `${process.versions.node} (${process.platform} ${process.arch})`, advice: null },
    native(state, tensorflowDir),
    gpu(state, gpus),
    await engine({ engine: config.ML_ENGINE, device: config.ML_DEVICE, tensorflowDir }),
  ];
}

function native(state: TensorflowState, dir: string): Finding {
  const what = 'native library';
  if (!state.installed)
    return {
      what,
      found: `none: ${state.problem}`,
      advice: 'the slower WebAssembly engine is used without it; `npm run tensorflow` installs it',
    };
  return {
    what,
    found: `TensorFlow ${state.version} for the ${state.device === 'gpu' ? 'GPU' : 'processor'}, in ${join(dir, state.folder)}`,
    advice: null,
  };
}

function gpu(state: TensorflowState, gpus: readonly string[]): Finding {
  const what = 'NVIDIA GPU';
  if (gpus.length === 0) return { what, found: 'none (nvidia-smi lists no GPU)', advice: null };
  const found = gpus.join('; ');
  if (!state.installed || state.device === 'gpu') return { what, found, advice: null };
  const why =
    state.gpuProblem === undefined
      ? 'the library was installed when there was no GPU'
      : `the library for it could not be installed: ${state.gpuProblem}`;
  return { what, found, advice: `it is not used: ${why}; \`npm run tensorflow\` tries again` };
}

/** Loads and runs the built-in model once, to check that all of it works. */
async function engine(options: Omit<EngineOptions, 'convertedDir'>): Promise<Finding> {
  const what = 'engine';
  const convertedDir = mkdtempSync(join(tmpdir(), 'pugmark-doctor-'));
  try {
    const created = await createEngine({ ...options, convertedDir });
    const begin = performance.now();
    const model = await created.load(BUILTIN_MODEL, builtinModelFolder());
    const loadMs = performance.now() - begin;
    model.dispose();
    const { name, version, device, reason } = created.info;
    return {
      what,
      found: `${name} ${version}, ${device}; the built-in model loads and runs in ${Math.round(loadMs)} ms. Reason: ${reason}`,
      advice: null,
    };
  } catch (error) {
    return { what, found: `does not work: ${messageOf(error)}`, advice: 'fix that, or set ML_ENGINE=auto' };
  } finally {
    rmSync(convertedDir, { recursive: true, force: true });
  }
}

async function nvidiaGpus(): Promise<string[]> {
  try {
    const { stdout } = await promisify(execFile)(
      'nvidia-smi',
      ['--query-gpu=name,driver_version,memory.total', '--format=csv,noheader'],
      { timeout: DRIVER_DEADLINE_MS },
    );
    return stdout
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '');
  } catch {
    // No driver, or one that does not respond.
    return [];
  }
}

function text(findings: readonly Finding[]): string {
  const width = Math.max(...findings.map(({ what }) => what.length));
  const lines = findings.flatMap(({ what, found, advice }) => [
    `  ${what.padEnd(width)}  ${found}`,
    ...(advice === null ? [] : [`  ${''.padEnd(width)}  → ${advice}`]),
  ]);
  const open = findings.filter(({ advice }) => advice !== null).length;
  return [
    ...lines,
    '',
    open === 0 ? 'No problems found.' : open === 1 ? 'One thing to do.' : `${open} things to do.`,
  ].join('\n');
}
