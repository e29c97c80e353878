import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import express, { type Request, type Response } from 'express';
import { Registry } from '@pugmark/platform';
import { testLogger, waitUntil } from '@pugmark/testing';
import { TestGateway } from '../../testing/gateway.fixture';
import { EventStreams } from './event-streams';

/** Fewer slots than clients, so that a slot that is not released shows. */
const SETTINGS = {
  heartbeatMs: 100,
  unreadMs: 300,
  checkKeysMs: 60_000,
  unverifiedMs: 60_000,
  maxStreams: 2,
  maxStreamsPerKey: 2,
};

describe('the slot of a stream', () => {
  let gateway: TestGateway;
  let events: EventStreams;
  let server: Server;
  let metrics: Registry;
  const refused: unknown[] = [];
  /** Stands for what is awaited before a stream starts: keys, rate limits, projects. */
  let before: (response: Response) => Promise<unknown>;
  beforeAll(async () => {
    gateway = await TestGateway.start();
  });
  afterAll(() => gateway.stop());
  beforeEach(async () => {
    metrics = new Registry();
    events = new EventStreams({
      deps: gateway.repositories,
      accessDb: gateway.db,
      settings: SETTINGS,
      logger: testLogger(),
      metrics,
    });
    const serve = async (request: Request, response: Response): Promise<void> => {
      await before(response);
      const caller = { keyId: 1 } as never;
      await events
        .serve({ request, response, caller, logger: testLogger() }, { topics: ['run'], projectIds: null }, null)
        .catch((error: unknown) => refused.push(error));
    };
    server = createServer(express().get('/feed', serve)).listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterEach(async () => {
    await events.close();
    server.closeAllConnections();
    server.close();
  });

  const streams = async (): Promise<number> =>
    (await metrics.getSingleMetric('pugmark_event_streams')?.get())?.values[0]?.value ?? NaN;
  const ask = (times = 1): Socket => {
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1').resume();
    socket.write('GET /feed HTTP/1.1\r\nhost: pugmark\r\n\r\n'.repeat(times));
    return socket;
  };

  it.each([
    ['its stream started', 1],
    ['its streams started, of which one is queued behind the other on one connection', 2],
  ])('is released when the client disconnects before %s', async (_when, times) => {
    for (let client = 0; client < 3; client += 1) {
      let begun = 0;
      before = async ({ req }) => {
        socket.destroy();
        await waitUntil('the server to notice', () => req.socket.destroyed);
        await new Promise((resolve) => setImmediate(resolve));
        begun += 1;
      };
      const socket = ask(times);
      await waitUntil('all streams to start', () => begun === times);
      await waitUntil('the slot to be released', async () => (await streams()) === 0);
    }
    expect(refused.splice(0)).toEqual(Array(3 * times).fill(expect.objectContaining({ code: 'stream_ended' })));
  });

  it('is released when the client disconnects while one stream is queued behind another on its connection', async () => {
    before = () => Promise.resolve();
    const socket = ask(2);
    await waitUntil('both streams to start', async () => (await streams()) === 2);
    socket.destroy();
    await waitUntil('the slots to be released', async () => (await streams()) === 0);
  });
});
