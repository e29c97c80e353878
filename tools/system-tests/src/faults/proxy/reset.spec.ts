import { waitUntil } from '@pugmark/testing';
import { Peer, PeerServer } from './local-peers.fixture';
import { reset } from './reset';

let server: PeerServer;
let client: Peer;
let remote: Peer;

beforeEach(async () => {
  server = await PeerServer.listen();
  client = Peer.connect(server.target.port);
  remote = await server.peer(1);
});

afterEach(() => server.close());

it('resets a connection', async () => {
  reset(client.socket);
  await waitUntil('both sockets to close', () => client.closed && remote.error === 'ECONNRESET', 3_000);
});

it('closes a socket that cannot be reset because it is shutting down', async () => {
  client.socket.end();
  reset(client.socket);
  await waitUntil('the socket to close', () => client.closed, 3_000);
  expect(client.error).toBeUndefined();
});

it('closes a socket that is connecting', async () => {
  const early = Peer.connect(server.target.port);
  reset(early.socket);
  await waitUntil('the socket to close', () => early.closed, 3_000);
});
