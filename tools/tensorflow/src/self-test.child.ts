// Runs one real inference: the library that was just compiled must find the cat on a picture of a cat. Arguments:
// folder, device.
import { rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { messageOf } from '@pugmark/domain';
import { configureImages, decodeForModel } from '@pugmark/images';
import { BUILTIN_MODEL, builtinModelFolder, createEngine, type DeviceChoice } from '@pugmark/inference';

export interface SelfTestResult {
  /** Version of TensorFlow. */
  readonly version: string;
}

const PIXEL_LIMIT = 100_000_000;

async function test(folder: string, device: DeviceChoice): Promise<SelfTestResult> {
  configureImages();
  const engine = await createEngine({
    engine: 'tensorflow',
    device,
    tensorflowDir: folder,
    convertedDir: join(folder, '.self-test'),
  });
  const model = await engine.load(BUILTIN_MODEL, builtinModelFolder());
  const image = join(dirname(require.resolve('cat-picture')), 'cat.jpg');
  const input = await decodeForModel(image, {
    ...BUILTIN_MODEL.input,
    resize: BUILTIN_MODEL.resize,
    pixelLimit: PIXEL_LIMIT,
  });
  const [found = []] = await model.detect([input]);
  if (found[0]?.label !== 'cat') throw new Error(`it finds '${found[0]?.label ?? 'nothing'}' on a picture of a cat`);
  return { version: engine.info.version };
}

const [folder = '', device = 'cpu'] = process.argv.slice(2);
test(folder, device as DeviceChoice)
  .then(
    (result) => void process.stdout.write(JSON.stringify(result)),
    (error: unknown) => {
      process.stderr.write(`${messageOf(error)}\n`);
      process.exitCode = 1;
    },
  )
  .finally(() => rmSync(join(folder, '.self-test'), { recursive: true, force: true }));
