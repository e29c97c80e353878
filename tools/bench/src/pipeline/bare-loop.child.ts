import { configureImages, decodeForModel } from '@pugmark/images';
import {
  BUILTIN_MODEL,
  builtinModelFolder,
  createEngine,
  type EngineOptions,
  type LoadedModel,
} from '@pugmark/inference';

/** Warm-up comes first and loads the model, then the pictures that are counted. */
export type BareLoopWork =
  | { readonly warmUp: readonly string[] }
  | { readonly paths: readonly string[] }
  | { readonly alone: readonly string[] };
export interface BareLoopReady {
  readonly engine: string;
}
export interface AloneResult {
  /** Of each picture, in milliseconds. */
  readonly times: readonly number[];
}
export interface BareLoopResult {
  readonly detections: number;
}

const PIXEL_LIMIT = 200_000_000;

configureImages();
let model: LoadedModel;

/** Decode of the next picture overlaps inference of this one, as in the worker. */
async function look(paths: readonly string[]): Promise<number> {
  const { input, resize } = BUILTIN_MODEL;
  const decode = (path: string) => decodeForModel(path, { ...input, resize, pixelLimit: PIXEL_LIMIT });
  let detections = 0;
  let next = paths[0] === undefined ? undefined : decode(paths[0]);
  for (let n = 0; n < paths.length; n += 1) {
    const picture = await next;
    const following = paths[n + 1];
    next = following === undefined ? undefined : decode(following);
    if (picture !== undefined) detections += (await model.detect([picture])).flat().length;
  }
  return detections;
}

/** One picture after the other: nothing overlaps. */
async function lookAlone(paths: readonly string[]): Promise<number[]> {
  const times: number[] = [];
  for (const path of paths) {
    const begin = performance.now();
    await look([path]);
    times.push(performance.now() - begin);
  }
  return times;
}

async function answer(work: BareLoopWork): Promise<BareLoopReady | BareLoopResult | AloneResult> {
  if ('alone' in work) return { times: await lookAlone(work.alone) };
  if ('paths' in work) return { detections: await look(work.paths) };
  const engine = await createEngine(JSON.parse(process.argv[2] ?? '') as EngineOptions);
  model = await engine.load(BUILTIN_MODEL, builtinModelFolder());
  await look(work.warmUp);
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
