import { join, resolve } from 'node:path';
import { describeUnless } from '@pugmark/testing';
import { FaultServers } from './fault-servers';
import { allFaults } from './faults';
import { MIN_IN_FLIGHT, runFault } from './run-fault';

const ROOT = resolve(__dirname, '../../../..');
const DIR = join(ROOT, '.pugmark');
const START_MS = 240_000;
const FAULT_MS = 300_000;

const unavailableReason = FaultServers.unavailableReason();

/** The short faults; `npm run test:faults` runs all of them. */
describeUnless(unavailableReason, 'under load', () => {
  const stop = new AbortController();
  const environment = { PATH: process.env['PATH'] };
  let servers: FaultServers;

  beforeAll(async () => {
    servers = await FaultServers.start({ dir: DIR, environment, log: () => undefined, signal: stop.signal });
  }, START_MS);

  afterAll(async () => {
    stop.abort();
    await servers.stop();
  }, START_MS);

  it.each(allFaults(ROOT).filter(({ short }) => short))(
    'nothing is lost or doubled, and a metric or log line shows the fault: $name',
    async (fault) => {
      const result = await runFault(fault, {
        servers,
        root: ROOT,
        folder: join(DIR, 'faults'),
        environment,
        signal: stop.signal,
      });
      expect(result.problems).toEqual([]);
      expect(result).toMatchObject({
        lost: 0,
        doubled: 0,
        failed: 0,
        noticedSeconds: expect.any(Number),
        recoveredSeconds: expect.any(Number),
      });
      expect(result.inFlight).toBeGreaterThanOrEqual(MIN_IN_FLIGHT);
    },
    FAULT_MS,
  );
});
