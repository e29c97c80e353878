import { configureImages, decodeForModel } from '@pugmark/images';
import {
  BUILTIN_MODEL,
  builtinModelFolder,
  createEngine,
  type EngineOptions,
  type LoadedModel,
} from '@pugmark/inference';

/** The first message, the warm-up, loads the model; then follow the images that are measured. */
export type BareLoopWork =
  | { readonly warmUp: readonly string[] }
  | { readonly paths: readonly string[] }
  | { readonly alone: readonly string[] };
export interface BareLoopReady {
  readonly engine: string;
}
export interface AloneResult {
  /** Of each image, in milliseconds. */
  readonly times: readonly number[];
}
export interface BareLoopResult {
  readonly detections: number;
}

const PIXEL_LIMIT = 200_000_000;

configureImages();
let model: LoadedModel;

/** Decoding of the next image overlaps with inference of this one, as in the worker. */
async function infer(paths: readonly string[]): Promise<number> {
  const { input, resize } = BUILTIN_MODEL;
  const decode = (path: string) => decodeForModel(path, { ...input, resize, pixelLimit: PIXEL_LIMIT });
  let detections = 0;
  let next = paths[0] === undefined ? undefined : decode(paths[0]);
  for (let n = 0; n < paths.length; n += 1) {
    const image = await next;
    const following = paths[n + 1];
    next = following === undefined ? undefined : decode(following);
    if (image !== undefined) detections += (await model.detect([image])).flat().length;
  }
  return detections;
}

/** One image after the other, without overlap. */
async function inferOneByOne(paths: readonly string[]): Promise<number[]> {
  const times: number[] = [];
  for (const path of paths) {
    const begin = performance.now();
    await infer([path]);
    times.push(performance.now() - begin);
  }
  return times;
}

async function answer(work: BareLoopWork): Promise<BareLoopReady | BareLoopResult | AloneResult> {
  if ('alone' in work) return { times: await inferOneByOne(work.alone) };
  if ('paths' in work) return { detections: await infer(work.paths) };
  const engine = await createEngine(JSON.parse(process.argv[2] ?? '') as EngineOptions);
  model = await engine.load(BUILTIN_MODEL, builtinModelFolder());
  await infer(work.warmUp);
  return { engine: engine.info.name };
}

process.on('disconnect', () => process.exit(1));
process.on('message', (work: BareLoopWork) => {
  answer(work).then(
    (result) => process.send?.(result),
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
});
