// An engine process: loads models, then decodes and looks at the pictures that the supervisor names. Forked by EnginePool.
import { FatalError, messageOf } from '@pugmark/domain';
import { configureImages } from '@pugmark/images';
import { createEngine, type Engine } from '@pugmark/inference';
import type { EngineHealth, FromEngine, ToEngine } from './engine-protocol';
import { exitWithParent } from './exit-with-parent';
import { failure, ImageRunner } from './image-runner';
import { ModelShelf } from './model-cache';

exitWithParent();
// Ctrl-C and a service manager's signal reach the whole process group; when to end is the supervisor's decision.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);

let engine: Engine | undefined;
let shelf: ModelShelf | undefined;
const runner = new ImageRunner({
  onStarted: (batch, id) => send({ type: 'started', batch, id }),
  onAnswer: (batch, outcome) => send({ type: 'answer', batch, outcome, health: health() }),
  onFatal: fail,
});

process.on('message', (message: ToEngine) => {
  if (message.type === 'start') void start(message).catch(fail);
  else if (message.type === 'load') void load(message);
  else void look(message);
});

async function start({
  engine: options,
  models,
  mostModels,
  pixelLimit,
}: Extract<ToEngine, { type: 'start' }>): Promise<void> {
  configureImages();
  engine = await createEngine(options);
  shelf = new ModelShelf(engine, { pixelLimit, most: mostModels });
  for (const model of models) await shelf.load(model);
  send({ type: 'ready', engine: engine.info });
}

async function load({ model }: Extract<ToEngine, { type: 'load' }>): Promise<void> {
  const problem = await shelf!.load(model).then(
    () => null,
    (error: unknown) => ({ code: codeOf(error), message: messageOf(error) }),
  );
  send({ type: 'loaded', model: model.key, problem });
}

async function look({ batch, model, images }: Extract<ToEngine, { type: 'batch' }>): Promise<void> {
  try {
    runner.accept(batch, await shelf!.take(model, images.length), images);
  } catch (error) {
    for (const { id } of images) send({ type: 'answer', batch, outcome: failure(id, error), health: health() });
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
  // An error here means that the supervisor is gone, which `exitWithParent` deals with.
  process.send!(message, undefined, {}, () => then?.());
}
