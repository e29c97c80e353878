import { planProcesses } from './start-pool';

const GIB = 2 ** 30;
const CONFIG = { ML_PROCESSES: 0, ML_MEMORY_MB: 4_096 };

it.each<[string, Partial<typeof CONFIG>, number, number, number, number, number]>([
  ['one per core', {}, 0, 4, 32, 4, 4],
  ['one per GPU', {}, 2, 16, 64, 2, 4],
  ['as many as fit into memory', {}, 0, 16, 4, 3, 1],
  ['one, however little there is', {}, 0, 0.5, 0.5, 1, 0.375],
  ['as many as are set, each with its share', { ML_PROCESSES: 6 }, 0, 2, 8, 6, 1],
  ['a smaller limit where one is set', { ML_MEMORY_MB: 1_024 }, 0, 2, 32, 2, 1],
])('starts %s', (_what, config, gpus, cores, gib, processes, gibEach) => {
  expect(planProcesses({ ...CONFIG, ...config }, gpus, { cores, memoryBytes: gib * GIB })).toEqual({
    processes,
    maxRssBytes: gibEach * GIB,
  });
});
