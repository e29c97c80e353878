import type { Schemas } from '@pugmark/client';
import { findProblems } from './find-problems';

type System = Schemas['SystemResponse'];

const ENGINE = {
  worker: 'host/ml-worker/1',
  name: 'wasm',
  device: 'cpu',
  reason: 'auto',
  version: '4',
  processes: 2,
  processesReady: 2,
};
const ROUTE = {
  kind: 'detect',
  queue: 'pugmark.detect',
  state: 'answered',
  responder: 'host/ml-worker/1',
  roundTripMs: 2,
  answeredAt: '2026-01-01T00:00:00.000Z',
};
const BROKER = { ready: true, publisher: 'up' as const, consumers: {}, topology: 'verified', problems: [] };
const WELL: System = {
  version: '1',
  uptimeSeconds: 5,
  models: [],
  progress: [],
  engines: [ENGINE],
  dependencies: { postgres: 'up', redis: 'up', broker: BROKER },
  routes: [ROUTE, { ...ROUTE, state: 'waiting' }],
};
const IDLE: Schemas['ProcessingResponse'] = {
  processing: 0,
  pending: 0,
  completed: 9,
  failed: 1,
  ratePerMinute: 0,
  etaSeconds: null,
};

it('returns nothing when all is well, with or without work', () => {
  expect(findProblems(WELL, IDLE)).toEqual([]);
  expect(findProblems(WELL, { ...IDLE, pending: 5, ratePerMinute: 60 })).toEqual([]);
  expect(findProblems({ ...WELL, dependencies: { ...WELL.dependencies, redis: 'not configured' } }, IDLE)).toEqual([]);
});

it.each<[string, Partial<System>, Partial<typeof IDLE>, RegExp]>([
  [
    'a database that is down',
    { dependencies: { ...WELL.dependencies, postgres: 'down' } },
    {},
    /^Postgres does not answer/,
  ],
  [
    "the broker's own problems",
    { dependencies: { ...WELL.dependencies, broker: { ...BROKER, ready: false, problems: ['foreign binding x'] } } },
    {},
    /^RabbitMQ: foreign binding x$/,
  ],
  [
    'a queue without a consumer',
    { routes: [{ ...ROUTE, state: 'no_consumer' }] },
    {},
    /^no service consumes pugmark\.detect/,
  ],
  [
    'a worker with missing engine processes',
    { engines: [{ ...ENGINE, processesReady: 1 }] },
    {},
    /1 of 2 engine processes/,
  ],
  ['no worker at all', { engines: [] }, {}, /^no ml-worker is up/],
  ['stalled work', {}, { pending: 3, processing: 1 }, /^4 images are waiting or in progress, and none was finished/],
])('reports %s', (_what, system, work, line) => {
  expect(findProblems({ ...WELL, ...system }, { ...IDLE, ...work })).toEqual([expect.stringMatching(line)]);
});
