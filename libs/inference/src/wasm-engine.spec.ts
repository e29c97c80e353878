import { appendFile, cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GraphModel } from '@tensorflow/tfjs-converter';
import { memory, tensor } from '@tensorflow/tfjs-core';
import { FatalError, RetryableError, type ModelInput, type ModelManifest } from '@pugmark/domain';
import { BUILTIN_MODEL, builtinModelFolder } from './builtin-model';
import { createEngine } from './create-engine';
import type { Engine } from './engine';

function input(side = 512): ModelInput {
  return { rgb: new Uint8Array(side * side * 3).fill(90), width: side, height: side, placement: { left: 0, top: 0, width: side, height: side } };
}

describe('the wasm engine', () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = createEngine('wasm');
    await engine.load(BUILTIN_MODEL, builtinModelFolder());
  });
  afterAll(() => engine.dispose());
  afterEach(() => jest.restoreAllMocks());

  it('says what it is, and why', () => {
    expect(engine.info).toEqual({
      name: 'wasm',
      device: 'processor, one thread (WebAssembly SIMD)',
      reason: 'the wasm engine was asked for by name',
      version: '4.22.0',
    });
    expect(createEngine('auto').info).toMatchObject({ name: 'wasm', reason: expect.stringContaining('no native engine') });
  });

  it('answers each picture of a batch, and finds nothing in plain grey', async () => {
    expect(await engine.detect([input(), input()])).toEqual([[], []]);
    expect(await engine.detect([])).toEqual([]);
  });

  it('leaves no tensor behind, not even after an error', async () => {
    await engine.detect([input()]);
    const before = memory().numTensors;
    await engine.detect([input(), input(), input()]);
    await expect(engine.detect([input(256)])).rejects.toThrow('takes 512 × 512');
    jest.spyOn(GraphModel.prototype, 'execute').mockImplementation(() => {
      throw new Error('the graph broke');
    });
    await expect(engine.detect([input()])).rejects.toThrow('the graph broke');
    expect(memory().numTensors).toBe(before);
  });

  it('takes an answer that is no number as an error that may pass', async () => {
    const before = memory().numTensors;
    for (const value of [NaN, Infinity]) {
      // No picture is known that makes this model answer so.
      jest.spyOn(GraphModel.prototype, 'execute').mockImplementation(() => tensor([[[1, 2, 3, 4, value, 0]]]));
      const failed = engine.detect([input()]);
      await expect(failed).rejects.toBeInstanceOf(RetryableError);
      await expect(failed).rejects.toMatchObject({ code: 'nan_output' });
    }
    expect(memory().numTensors).toBe(before);
  });

  it('frees the model when it is disposed of', async () => {
    const before = memory().numTensors;
    const other = createEngine('wasm');
    await other.load(BUILTIN_MODEL, builtinModelFolder());
    expect(memory().numTensors).toBeGreaterThan(before + 200);
    await other.dispose();
    await other.dispose();
    expect(memory().numTensors).toBe(before);
    await expect(other.detect([input()])).rejects.toThrow('before load');
  });
});

describe('loading', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pugmark-model-'));
    for (const { path } of BUILTIN_MODEL.files) await cp(join(builtinModelFolder(), path), join(folder, path));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  async function expectFatal(manifest: ModelManifest, code: string, text: string): Promise<void> {
    const failed = createEngine('wasm').load(manifest, folder);
    await expect(failed).rejects.toBeInstanceOf(FatalError);
    await expect(failed).rejects.toMatchObject({ code, message: expect.stringContaining(text) });
  }

  it('refuses a file that differs from the manifest by a byte, and names it', async () => {
    await appendFile(join(folder, 'centernet.bin'), 'x');
    await expectFatal(BUILTIN_MODEL, 'model_corrupt', join(folder, 'centernet.bin'));
  });

  it('names a file that is missing', async () => {
    await rm(join(folder, 'centernet.json'));
    await expectFatal(BUILTIN_MODEL, 'model_missing', join(folder, 'centernet.json'));
  });

  it('refuses weights that the manifest does not vouch for', async () => {
    await expectFatal({ ...BUILTIN_MODEL, files: [BUILTIN_MODEL.files[0]] }, 'model_missing', 'centernet.bin');
  });

  it('finds out before the first picture that a model does not fit its manifest', async () => {
    await expectFatal({ ...BUILTIN_MODEL, input: { width: 256, height: 256 } }, 'model_unsuitable', 'does not run');
  });
});

describe('the null engine', () => {
  it('finds nothing, at once, and says so', async () => {
    const engine = createEngine('null');
    await engine.load(BUILTIN_MODEL, '/nowhere');
    expect(await engine.detect([input(1), input(1)])).toEqual([[], []]);
    expect(engine.info).toMatchObject({ name: 'null', reason: expect.stringContaining('finds nothing') });
  });
});
