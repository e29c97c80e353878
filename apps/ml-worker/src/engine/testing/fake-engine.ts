import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * A process that speaks the engine protocol and can crash: an image's path gives its behaviour, after an
 * optional number. With `silent` in the folder's name, it does not report images as started. The folder of a model
 * loaded later gives the behaviour of loading: `bad`, `slow:MS`, `crash`, or `together:MS` for a model that answers
 * the images of a batch together, after this time for each.
 */
const SCRIPT = `
const fs = require('node:fs');
const path = require('node:path');
const log = path.join(__dirname, 'log');
const note = (what) => fs.appendFileSync(log, JSON.stringify({ pid: process.pid, ...what }) + '\\n');
let start;
process.on('disconnect', () => process.exit(0));
process.on('SIGINT', () => undefined);

const begin = {
  fail: () => process.send({ type: 'failed', code: 'model_corrupt', message: 'the file x differs' }, () => process.exit(1)),
  never: () => undefined,
  crash: () => process.exit(9),
  'only-once': () => {
    if (fs.existsSync(log) && fs.readFileSync(log, 'utf8').includes('"started"')) return process.exit(9);
    ready();
  },
};

function ready() {
  note({ started: true });
  const engine = { name: 'null', device: 'none', reason: 'fake', version: '1' };
  process.send({ type: 'ready', engine });
}

const accidents = {
  segfault: () => process.kill(process.pid, 'SIGSEGV'),
  oom: () => process.kill(process.pid, 'SIGKILL'),
  exit: () => { console.error('about to exit'); process.exit(3); },
  hang: () => { for (;;); },
  stuck: () => new Promise(() => undefined),
  disconnect: () => new Promise(() => { process.removeAllListeners('disconnect'); process.disconnect(); setInterval(() => undefined, 1000); }),
};

async function infer(image) {
  const begun = Date.now();
  const [what, argument] = image.path.split(':');
  if (what in accidents) await accidents[what]();
  if (what === 'segfault-once' && !fs.existsSync(argument)) { fs.writeFileSync(argument, ''); accidents.segfault(); await accidents.stuck(); }
  if (what === 'busy') for (const end = Date.now() + Number(argument); Date.now() < end; );
  if (what === 'when') while (!fs.existsSync(argument)) await new Promise((resolve) => setTimeout(resolve, 5));
  return { id: image.id, ok: true, width: 4, height: 3, detections: [], classifications: [], warning: null, decodeMs: 1, inferMs: Date.now() - begun };
}

let work = Promise.resolve();
const folders = {};
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, Number(ms)));

async function load(model) {
  const [what, argument] = model.folder.split(':');
  if (what === 'crash') process.exit(4);
  if (what === 'slow') await wait(argument);
  const problem = what === 'bad' ? { code: 'model_corrupt', message: 'the file y differs' } : null;
  process.send({ type: 'loaded', model: model.key, problem });
}

async function together(message, ms) {
  for (const { id } of message.images) process.send({ type: 'started', batch: message.batch, id });
  await wait(ms * message.images.length);
  for (const { id } of message.images) {
    const outcome = { id, ok: true, width: 4, height: 3, detections: [], classifications: [], warning: null, decodeMs: 1, inferMs: Number(ms) };
    process.send({ type: 'answer', batch: message.batch, outcome, health: { rssBytes: 1e6, tensors: 0 } });
  }
}

process.on('message', (message) => {
  if (message.type === 'start') {
    start = message;
    return (begin[path.basename(message.models[0].folder)] ?? ready)();
  }
  if (message.type === 'load') {
    note({ load: message.model.key });
    folders[message.model.key] = message.model.folder;
    work = work.then(() => load(message.model));
    return;
  }
  note({ batch: message.images.map((image) => image.path), model: message.model });
  work = work.then(async () => {
    const [what, ms] = (folders[message.model] ?? '').split(':');
    if (what === 'together') return together(message, ms);
    for (const image of message.images) {
      if (path.basename(start.models[0].folder) !== 'silent') process.send({ type: 'started', batch: message.batch, id: image.id });
      process.send({ type: 'answer', batch: message.batch, outcome: await infer(image), health: { rssBytes: image.path === 'fat' ? 1e12 : 1e6, tensors: 0 } });
    }
  });
});
`;

export interface FakeEngine {
  readonly folder: string;
  readonly childPath: string;
  /** Log of the processes: their starts, and the batches that they were assigned. */
  log(): {
    readonly pid: number;
    readonly started?: true;
    readonly load?: string;
    readonly batch?: readonly string[];
    readonly model?: string;
  }[];
}

export function createFakeEngine(): FakeEngine {
  const folder = mkdtempSync(join(tmpdir(), 'pugmark-engine-'));
  const childPath = join(folder, 'fake.child.js');
  writeFileSync(childPath, SCRIPT);
  writeFileSync(join(folder, 'log'), '');
  return {
    folder,
    childPath,
    log: () =>
      readFileSync(join(folder, 'log'), 'utf8')
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as ReturnType<FakeEngine['log']>[number]),
  };
}

/** Whether a process with this id is running. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
