// An engine process: loads one model, then decodes and looks at the pictures that the supervisor names. Forked by EnginePool.
import { FatalError, messageOf } from '@pugmark/domain';
import { configureImages, decodeForModel } from '@pugmark/images';
import { createEngine } from '@pugmark/inference';
import type { FromEngine, ToEngine } from './engine-protocol';
import { exitWithParent } from './exit-with-parent';
import { ImageRunner } from './image-runner';

exitWithParent();
// Ctrl-C and a service manager's signal reach the whole process group; when to end is the supervisor's decision.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);

let runner: ImageRunner | undefined;

process.on('message', (message: ToEngine) => {
  if (message.type === 'batch') runner?.accept(message.batch, message.images);
  else void start(message).catch(fail);
});

async function start({ engine: choice, manifest, folder, pixelLimit }: Extract<ToEngine, { type: 'start' }>): Promise<void> {
  configureImages();
  const engine = createEngine(choice);
  await engine.load(manifest, folder);
  runner = new ImageRunner({
    decode: (path) => decodeForModel(path, { ...manifest.input, resize: manifest.resize, pixelLimit }),
    detect: (inputs) => engine.detect(inputs),
    modelBatch: manifest.batch,
    onStarted: (batch, id) => send({ type: 'started', batch, id }),
    onAnswer: (batch, outcome) => send({ type: 'answer', batch, outcome }),
    onFatal: fail,
  });
  send({ type: 'ready', engine: engine.info, model: { name: manifest.name, version: manifest.version } });
}

function fail(error: unknown): void {
  const code = error instanceof FatalError ? error.code : 'engine_failed';
  send({ type: 'failed', code, message: messageOf(error) }, () => process.exit(1));
}

function send(message: FromEngine, then?: () => void): void {
  // An error here means that the supervisor is gone, which `exitWithParent` deals with.
  process.send!(message, undefined, {}, () => then?.());
}
