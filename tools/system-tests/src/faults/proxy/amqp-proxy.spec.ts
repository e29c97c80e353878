import { waitUntil } from '@pugmark/testing';
import { FRAME, METHOD, amqpFrame, basicAckFrame, type AmqpMethod } from './amqp-frames';
import { AmqpProxy } from './amqp-proxy';
import { Peer, PeerServer, settle } from './local-peers.fixture';

const ack = (channel: number): Buffer => basicAckFrame(channel, 999_999n);
const header = Buffer.from('AMQP\0\0\x09\x01', 'latin1');

let server: PeerServer;
let proxy: AmqpProxy;
let client: Peer;

beforeEach(async () => {
  server = await PeerServer.listen();
  proxy = await AmqpProxy.listen(server.target);
  client = Peer.connect(proxy.port);
});

afterEach(async () => {
  client.socket.destroy();
  await proxy.close();
  await server.close();
});

function method({ classId, methodId }: AmqpMethod, channel: number): Buffer {
  const payload = Buffer.alloc(4);
  payload.writeUInt16BE(classId, 0);
  payload.writeUInt16BE(methodId, 2);
  return amqpFrame(FRAME.method, channel, payload);
}

/** A message whose body takes two frames. */
function message(channel: number): Buffer[] {
  const contentHeader = Buffer.alloc(14);
  contentHeader.writeBigUInt64BE(6n, 4);
  return [
    method(METHOD.basicPublish, channel),
    amqpFrame(FRAME.contentHeader, channel, contentHeader),
    amqpFrame(FRAME.contentBody, channel, Buffer.from('abc')),
    amqpFrame(FRAME.contentBody, channel, Buffer.from('def')),
  ];
}

/** Sends bytes, and waits until the server has received exactly the expected ones. */
async function pass(bytes: Buffer, ...expected: Buffer[]): Promise<void> {
  client.socket.write(bytes);
  await arrived(...expected);
}

async function arrived(...expected: Buffer[]): Promise<void> {
  const expectedBytes = Buffer.concat(expected);
  const remote = await server.peer(1);
  await waitUntil('the bytes', () => remote.bytes.length >= expectedBytes.length, 3_000);
  await settle();
  expect(remote.bytes.toString('hex')).toBe(expectedBytes.toString('hex'));
}

describe('ackUnknownDelivery', () => {
  const consume = method(METHOD.basicConsume, 2);
  const begin = [header, method(METHOD.queueDeclare, 1), consume];

  it('acks on each consuming channel once', async () => {
    const other = method(METHOD.basicConsume, 5);
    await pass(Buffer.concat([...begin, other]), ...begin, other);
    expect(proxy.ackUnknownDelivery()).toBe(2);
    expect(proxy.ackUnknownDelivery()).toBe(0);
    await arrived(...begin, other, ack(2), ack(5));
  });

  it('skips channels that are closed', async () => {
    const close = method(METHOD.channelClose, 2);
    await pass(Buffer.concat([...begin, close]), ...begin, close);
    expect(proxy.ackUnknownDelivery()).toBe(0);
  });

  it('waits for the end of a frame, wherever it is split', async () => {
    const frame = method(METHOD.queueDeclare, 1);
    await pass(Buffer.concat(begin), ...begin);
    const sent = [...begin];
    for (let at = 1; at < frame.length; at++) {
      await pass(Buffer.concat([frame.subarray(0, at)]), ...sent);
      expect(proxy.ackUnknownDelivery()).toBe(1);
      sent.push(ack(2), frame, consume);
      await pass(Buffer.concat([frame.subarray(at), consume]), ...sent);
    }
  });

  it('does not wait for the end of a message on another channel', async () => {
    const foreign = message(1).slice(0, 2);
    await pass(Buffer.concat([...begin, ...foreign]), ...begin, ...foreign);
    expect(proxy.ackUnknownDelivery()).toBe(1);
    await arrived(...begin, ...foreign, ack(2));
  });

  it('waits for the end of a message on the same channel', async () => {
    const own = message(2);
    const foreign = message(1);
    for (let at = 1; at < own.length; at++) {
      const remote = await server.peer(1);
      remote.chunks.length = 0;
      const opening = at === 1 ? begin : [consume];
      const before = [...opening, ...own.slice(0, at), ...foreign.slice(0, at)];
      await pass(Buffer.concat(before), ...before);
      expect(proxy.ackUnknownDelivery()).toBe(1);
      const after = [...own.slice(at), ...foreign.slice(at)];
      await pass(Buffer.concat(after), ...before, ...own.slice(at), ack(2), ...foreign.slice(at));
    }
  });

  it('keeps the order when a hook injects', async () => {
    await pass(Buffer.concat(begin), ...begin);
    let hit = 0;
    const remove = proxy.interceptUp(() => {
      remove();
      hit = proxy.ackUnknownDelivery();
      return 'forward';
    });
    const frame = method(METHOD.queueDeclare, 1);
    await pass(frame, ...begin, frame, ack(2));
    expect(hit).toBe(1);
  });

  it('is delayed while the direction up is paused', async () => {
    await pass(Buffer.concat(begin), ...begin);
    proxy.pause('up');
    expect(proxy.ackUnknownDelivery()).toBe(1);
    await settle();
    await arrived(...begin);
    proxy.resume();
    await arrived(...begin, ack(2));
  });
});

describe('cutOn', () => {
  const declare = method(METHOD.queueDeclare, 1);

  /** Connects and sends the protocol header. Resolves with the server's side of the connection. */
  async function open(number: number): Promise<Peer> {
    client.socket.write(header);
    return server.peer(number);
  }

  it('cuts when the method is sent, even if it is split, as often as requested', async () => {
    const order = proxy.cutOn(50, 10, 2);
    for (const number of [1, 2]) {
      const remote = await open(number);
      client.socket.write(declare.subarray(0, 9));
      await settle();
      expect(client.untouched).toBe(true);
      client.socket.write(declare.subarray(9));
      await waitUntil('the cut', () => client.error === 'ECONNRESET' && remote.error === 'ECONNRESET', 3_000);
      expect(order.cuts).toBe(number);
      expect(remote.bytes).toEqual(header);
      client = Peer.connect(proxy.port);
    }
    const remote = await open(3);
    client.socket.write(declare);
    await waitUntil('the declare', () => remote.bytes.equals(Buffer.concat([header, declare])), 3_000);
    expect(order.cuts).toBe(2);
  });

  it('can be cancelled', async () => {
    proxy.cutOn(50, 10, 1).cancel();
    await pass(Buffer.concat([header, declare]), header, declare);
  });
});

it('cuts a client that does not speak AMQP', async () => {
  client.socket.write('GET / HTTP/1.1\r\n\r\n');
  await waitUntil('the cut', () => client.error === 'ECONNRESET', 3_000);
});
