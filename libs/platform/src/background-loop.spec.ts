import { backgroundLoop } from './background-loop';
import { createLogger } from './logger';

const logger = createLogger('test', { LOG_LEVEL: 'fatal', LOG_FORMAT: 'json' });

function reaches(count: number): { turn: () => number; reached: Promise<void> } {
  let turns = 0;
  let resolve: () => void = () => undefined;
  const reached = new Promise<void>((r) => (resolve = r));
  return {
    turn: () => {
      turns += 1;
      if (turns === count) resolve();
      return turns;
    },
    reached,
  };
}

it('runs repeatedly until it is stopped', async () => {
  const three = reaches(3);
  let turns = 0;
  const loop = backgroundLoop('test', logger, async () => {
    turns = three.turn();
    return 0;
  });
  await three.reached;
  await loop.stop();
  const atStop = turns;
  await new Promise((resolve) => setImmediate(resolve));
  expect(turns).toBe(atStop);
});

it('continues after a failed iteration', async () => {
  const two = reaches(2);
  const loop = backgroundLoop('test', logger, async () => {
    if (two.turn() === 1) throw new Error('once');
    return 10_000;
  });
  await two.reached;
  await loop.stop();
});

it('waits for the current iteration when it is stopped', async () => {
  let finish: () => void = () => undefined;
  let finished = false;
  const loop = backgroundLoop('test', logger, () => new Promise((resolve) => (finish = () => resolve(0))));
  const stopped = loop.stop().then(() => expect(finished).toBe(true));
  await new Promise((resolve) => setImmediate(resolve));
  finished = true;
  finish();
  await stopped;
});
