import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import express, { type Request, type Response } from 'express';
import { Registry } from '@pugmark/platform';
import { testLogger, waitUntil } from '@pugmark/testing';
import { TestGateway } from '../../testing/gateway.fixture';
import { EventStreams } from './event-streams';

/** Fewer places than clients come: one that is not given back is missed. */
const SETTINGS = { heartbeatMs: 100, unreadMs: 300, checkKeysMs: 60_000, most: 2, mostOfOne: 2 };

describe('the place of a client', () => {
  let gateway: TestGateway;
  let events: EventStreams;
  let server: Server;
  let metrics: Registry;
  const refused: unknown[] = [];
  /** What is waited for before a stream begins: keys, limiters, projects. */
  let before: (response: Response) => Promise<unknown>;
  beforeAll(async () => {
    gateway = await TestGateway.start();
  });
  afterAll(() => gateway.stop());
  beforeEach(async () => {
    metrics = new Registry();
    events = new EventStreams({ deps: gateway.repositories, settings: SETTINGS, logger: testLogger(), metrics });
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
    ['its stream began', 1],
    ['its streams began, of which one is behind the other on one connection', 2],
  ])('is free again when it went before %s', async (_when, times) => {
    for (let client = 0; client < 3; client += 1) {
      let begun = 0;
      before = async ({ req }) => {
        socket.destroy();
        await waitUntil('the server to know', () => req.socket.destroyed);
        await new Promise((resolve) => setImmediate(resolve));
        begun += 1;
      };
      const socket = ask(times);
      await waitUntil('all to begin', () => begun === times);
      await waitUntil('its place to be free', async () => (await streams()) === 0);
    }
    expect(refused.splice(0)).toEqual(Array(3 * times).fill(expect.objectContaining({ code: 'stream_ended' })));
  });

  it('is free again when it went while one of its streams was behind another one on its connection', async () => {
    before = () => Promise.resolve();
    const socket = ask(2);
    await waitUntil('both to begin', async () => (await streams()) === 2);
    socket.destroy();
    await waitUntil('its places to be free', async () => (await streams()) === 0);
  });
});
