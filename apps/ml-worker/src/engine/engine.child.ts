// Engine process: loads models, decodes images and runs inference for the supervisor. Forked by EnginePool.
import { FatalError, messageOf } from '@pugmark/domain';
import { configureImages } from '@pugmark/images';
import { createEngine, type Engine } from '@pugmark/inference';
import type { EngineHealth, FromEngine, ToEngine } from './engine-protocol';
import { exitWithParent } from './exit-with-parent';
import { failedOutcome, ImageRunner } from './image-runner';
import { ModelCache } from './model-cache';

exitWithParent();
// Ctrl-C and a service manager's signal reach the whole process group; the supervisor decides when to exit.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);

let engine: Engine | undefined;
let modelCache: ModelCache | undefined;
const runner = new ImageRunner({
  onStarted: (batch, id) => send({ type: 'started', batch, id }),
  onAnswer: (batch, outcome) => send({ type: 'answer', batch, outcome, health: health() }),
  onFatal: fail,
});

process.on('message', (message: ToEngine) => {
  if (message.type === 'start') void start(message).catch(fail);
  else if (message.type === 'load') void load(message);
  else void infer(message);
});

async function start({
  engine: options,
  models,
  maxModels,
  pixelLimit,
}: Extract<ToEngine, { type: 'start' }>): Promise<void> {
  configureImages();
  engine = await createEngine(options);
  modelCache = new ModelCache(
    engine,
    { pixelLimit, maxModels },
    {
      onLoading: (model) => send({ type: 'loading', model }),
      onLoaded: (model, error) => send({ type: 'loaded', model, problem: error === null ? null : problemOf(error) }),
    },
  );
  for (const model of models) await modelCache.load(model);
  send({ type: 'ready', engine: engine.info });
}

/** Answers even if the model is loaded already: the supervisor waits for it. */
async function load({ model }: Extract<ToEngine, { type: 'load' }>): Promise<void> {
  const problem = await modelCache!.load(model).then(() => null, problemOf);
  send({ type: 'loaded', model: model.key, problem });
}

function problemOf(error: unknown): { readonly code: string; readonly message: string } {
  return { code: codeOf(error), message: messageOf(error) };
}

async function infer({ batch, model, images }: Extract<ToEngine, { type: 'batch' }>): Promise<void> {
  try {
    runner.accept(batch, await modelCache!.acquire(model, images.length), images);
  } catch (error) {
    for (const { id } of images) send({ type: 'answer', batch, outcome: failedOutcome(id, error), health: health() });
  }
}

function health(): EngineHealth {
  return { rssBytes: process.memoryUsage.rss(), tensors: engine?.tensors() ?? 0 };
}

function fail(error: unknown): void {
  send({ type: 'failed', code: codeOf(error), message: messageOf(error) }, () => process.exit(1));
}

function codeOf(error: unknown): string {
  return error instanceof FatalError ? error.code : 'engine_failed';
}

function send(message: FromEngine, then?: () => void): void {
  // An error means that the supervisor has exited, which `exitWithParent` handles.
  process.send!(message, undefined, {}, () => then?.());
}
