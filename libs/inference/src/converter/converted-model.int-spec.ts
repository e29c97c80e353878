import { execFile, execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { ModelManifest } from '@pugmark/domain';
import { BUILTIN_MODEL } from '../models/builtin-model';
import { convertedModel } from './converted-model';
import { FLOAT, graphModel, placeholder } from './graph-model.fixture';

const LIBRARY = join(__dirname, '..', '..');
const PROCESSES = 16;
const ROUNDS = 20;

describe('convertedModel', () => {
  const folder = mkdtempSync(join(tmpdir(), 'pugmark-converted-'));
  mkdirSync(join(LIBRARY, 'dist'), { recursive: true });
  /** Within the library, where npm packages are found. */
  const scripts = mkdtempSync(join(LIBRARY, 'dist', 'test-'));
  const modelFolder = join(folder, 'model');
  let manifest: ModelManifest;

  beforeAll(() => {
    mkdirSync(modelFolder);
    manifest = writeModel();
  });
  afterAll(() => {
    for (const each of [folder, scripts]) rmSync(each, { recursive: true, force: true });
  });

  function writeModel(): ModelManifest {
    const { modelTopology, weightSpecs, weightData } = graphModel(
      [placeholder(1, 2), { name: 'y', op: 'AddV2', input: ['x', 'w'], attr: { T: FLOAT } }],
      { w: { shape: [2], values: [1, 2] } },
    );
    const files = {
      'model.json': JSON.stringify({
        format: 'graph-model',
        modelTopology,
        weightsManifest: [{ paths: ['weights.bin'], weights: weightSpecs }],
      }),
      'weights.bin': Buffer.from(weightData as ArrayBuffer),
    };
    for (const [name, content] of Object.entries(files)) writeFileSync(join(modelFolder, name), content);
    return {
      ...BUILTIN_MODEL,
      name: 'adder',
      files: Object.entries(files).map(([path, content]) => ({
        path,
        sha256: createHash('sha256').update(content).digest('hex'),
      })),
    };
  }

  function bundleScript(): string {
    const source = join(scripts, 'convert.ts');
    const bundle = join(scripts, 'convert.js');
    writeFileSync(
      source,
      `import { readFileSync } from 'node:fs';
       import { join } from 'node:path';
       import { convertedModel } from ${JSON.stringify(join(__dirname, 'converted-model'))};
       const { manifest, modelFolder, targets, startAt, everyMs } = JSON.parse(process.argv[2]!);
       async function run() {
         for (const [n, target] of targets.entries()) {
           // All processes begin each round at the same moment.
           while (Date.now() < startAt + n * everyMs);
           const folder = await convertedModel(manifest, modelFolder, target);
           // Others may still convert; what was returned stays.
           await new Promise((resolve) => setTimeout(resolve, 5));
           if (readFileSync(join(folder, 'saved_model.pb')).length === 0) throw new Error('empty');
           console.log(folder);
         }
       }
       run().catch((error) => { console.error(error); process.exit(1); });`,
    );
    execFileSync(process.execPath, [
      require.resolve('esbuild/bin/esbuild'),
      source,
      '--bundle',
      '--platform=node',
      '--target=node20',
      '--format=cjs',
      '--log-level=warning',
      `--outfile=${bundle}`,
      '--external:@tensorflow/*',
      '--external:@vladmandic/human',
    ]);
    return bundle;
  }

  it(`is the same complete folder for ${PROCESSES} processes that need it at once, and converted once`, async () => {
    const script = bundleScript();
    const targets = Array.from({ length: ROUNDS }, (_, n) => join(folder, `round ${n}`));
    const startAt = Date.now() + 4_000;
    const argument = JSON.stringify({ manifest, modelFolder, targets, startAt, everyMs: 250 });
    const outputs = await Promise.all(
      Array.from({ length: PROCESSES }, () => promisify(execFile)(process.execPath, [script, argument])),
    );
    const folders = outputs.flatMap(({ stdout }) => stdout.trim().split('\n'));
    expect(folders).toHaveLength(PROCESSES * ROUNDS);
    expect(new Set(folders).size).toBe(ROUNDS);
    for (const target of targets) expect(readdirSync(target)).toHaveLength(1);
  }, 120_000);

  it('is written again next to a damaged one, which a process may be reading', async () => {
    const target = join(folder, 'damaged');
    const first = await convertedModel(manifest, modelFolder, target);
    writeFileSync(join(first, 'saved_model.pb'), 'half of i');
    const second = await convertedModel(manifest, modelFolder, target);
    expect(second).not.toBe(first);
    expect(await convertedModel(manifest, modelFolder, target)).toBe(second);
    expect(readdirSync(target).sort()).toHaveLength(2);
  });

  it('does not wait for a process that was killed while it converted', async () => {
    const target = join(folder, 'killed');
    const first = await convertedModel(manifest, modelFolder, target);
    rmSync(first, { recursive: true });
    mkdirSync(`${first}.lock`);
    const longAgo = new Date(Date.now() - 120_000);
    utimesSync(`${first}.lock`, longAgo, longAgo);
    expect(await convertedModel(manifest, modelFolder, target)).toBe(first);
    expect(readdirSync(target)).toHaveLength(1);
  });
});
