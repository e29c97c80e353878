import { appendFile, cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GraphModel } from '@tensorflow/tfjs-converter';
import { memory, tensor } from '@tensorflow/tfjs-core';
import { FatalError, RetryableError, type ModelInput, type ModelManifest } from '@pugmark/domain';
import { BUILTIN_MODEL, builtinModelFolder } from '../models/builtin-model';
import type { LoadedModel } from '../models/loaded-model';
import { createEngine, type EngineChoice } from './create-engine';
import type { Engine } from './engine';

const create = (engine: EngineChoice) => createEngine({ engine, device: 'auto', tensorflowDir: '', convertedDir: '' });

function input(side = 512): ModelInput {
  return {
    rgb: new Uint8Array(side * side * 3).fill(90),
    width: side,
    height: side,
    placement: { left: 0, top: 0, width: side, height: side },
  };
}

async function expectFatal(manifest: ModelManifest, code: string, text: string, folder = ''): Promise<void> {
  const failed = (await create('wasm')).load(manifest, folder);
  await expect(failed).rejects.toBeInstanceOf(FatalError);
  await expect(failed).rejects.toMatchObject({ code, message: expect.stringContaining(text) });
}

describe('the wasm engine', () => {
  let engine: Engine;
  let model: LoadedModel;
  beforeAll(async () => {
    engine = await create('wasm');
    model = await engine.load(BUILTIN_MODEL, builtinModelFolder());
  });
  afterAll(() => model.dispose());
  afterEach(() => jest.restoreAllMocks());

  it('describes itself, and why it is used', async () => {
    expect(engine.info).toEqual({
      name: 'wasm',
      device: 'CPU, one thread (WebAssembly SIMD)',
      reason: 'the wasm engine was requested by name',
      version: '4.22.0',
    });
    expect((await create('auto')).info).toMatchObject({
      name: 'wasm',
      reason: 'auto: there is no native TensorFlow: TENSORFLOW_DIR is not set',
    });
  });

  it('returns a result for each image of a batch, and nothing for plain grey', async () => {
    expect(await model.detect([input(), input()])).toEqual([[], []]);
    expect(await model.detect([])).toEqual([]);
  });

  it('leaks no tensor, even on errors', async () => {
    await model.detect([input()]);
    const before = memory().numTensors;
    await model.detect([input(), input(), input()]);
    await expect(model.detect([input(256)])).rejects.toThrow('takes 512 × 512');
    jest.spyOn(GraphModel.prototype, 'execute').mockImplementation(() => {
      throw new Error('the graph broke');
    });
    await expect(model.detect([input()])).rejects.toThrow('the graph broke');
    expect(memory().numTensors).toBe(before);
  });

  it('reports NaN in the output as a retryable error', async () => {
    const before = memory().numTensors;
    for (const value of [NaN, Infinity]) {
      // No image is known for which this model returns NaN.
      jest.spyOn(GraphModel.prototype, 'execute').mockImplementation(() => tensor([[[1, 2, 3, 4, value, 0]]]));
      const failed = model.detect([input()]);
      await expect(failed).rejects.toBeInstanceOf(RetryableError);
      await expect(failed).rejects.toMatchObject({ code: 'nan_output' });
    }
    expect(memory().numTensors).toBe(before);
  });

  it("frees the model's memory on dispose", async () => {
    const before = memory().numTensors;
    const other = await engine.load(BUILTIN_MODEL, builtinModelFolder());
    expect(engine.tensors()).toBeGreaterThan(before + 200);
    other.dispose();
    other.dispose();
    expect(engine.tensors()).toBe(before);
  });
});

describe('loading', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pugmark-model-'));
    for (const { path } of BUILTIN_MODEL.files) await cp(join(builtinModelFolder(), path), join(folder, path));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('refuses a file that differs from the manifest by a byte, and names it', async () => {
    await appendFile(join(folder, 'centernet.bin'), 'x');
    await expectFatal(BUILTIN_MODEL, 'model_corrupt', join(folder, 'centernet.bin'), folder);
  });

  it('names a file that is missing', async () => {
    await rm(join(folder, 'centernet.json'));
    await expectFatal(BUILTIN_MODEL, 'model_missing', join(folder, 'centernet.json'), folder);
  });

  it('refuses weights without a checksum in the manifest', async () => {
    await expectFatal({ ...BUILTIN_MODEL, files: [BUILTIN_MODEL.files[0]] }, 'model_missing', 'centernet.bin', folder);
  });

  it('reports at load that a model does not match its manifest', async () => {
    await expectFatal(
      { ...BUILTIN_MODEL, input: { width: 256, height: 256 } },
      'model_unsuitable',
      'does not run',
      folder,
    );
  });
});

describe('an engine requested by name', () => {
  it('is an error if it is not available, with the reason and what to do', async () => {
    await expect(create('tensorflow')).rejects.toMatchObject({
      code: 'engine_unavailable',
      message: expect.stringContaining('TENSORFLOW_DIR'),
    });
    const empty = await mkdtemp(join(tmpdir(), 'pugmark-tensorflow-'));
    const failed = createEngine({ engine: 'tensorflow', device: 'auto', tensorflowDir: empty, convertedDir: '' });
    await expect(failed).rejects.toMatchObject({
      code: 'engine_unavailable',
      message: expect.stringContaining('npm run tensorflow'),
    });
    await rm(empty, { recursive: true });
  });

  it('is an error when a GPU was requested and none is used', async () => {
    for (const engine of ['auto', 'wasm'] as const) {
      const failed = createEngine({ engine, device: 'gpu', tensorflowDir: '', convertedDir: '' });
      await expect(failed).rejects.toMatchObject({
        code: 'gpu_missing',
        message: expect.stringContaining('ML_DEVICE=gpu'),
      });
    }
  });

  it('reports that a SavedModel needs the native engine', async () => {
    await expectFatal({ ...BUILTIN_MODEL, format: 'saved-model' }, 'model_unsuitable', "needs the engine 'tensorflow'");
  });
});

describe('the null engine', () => {
  it('returns empty results at once', async () => {
    const engine = await create('null');
    const model = await engine.load(BUILTIN_MODEL, '/nowhere');
    expect(await model.detect([input(1), input(1)])).toEqual([[], []]);
    expect(await model.classify([input(1)])).toEqual([[]]);
    expect(engine.info).toMatchObject({ name: 'null', reason: expect.stringContaining('detects nothing') });
  });
});
