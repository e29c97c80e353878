import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

export interface DatabaseRelay {
  readonly url: string;
  /**
   * The next statement with this text reaches the server and is executed; the connection breaks before its result
   * arrives.
   */
  loseAnswerTo(text: string): void;
  /** Breaks all connections and accepts no more. */
  close(): void;
}

/** Starts a relay between a program and its Postgres that can break their connections at a given moment. */
export async function startDatabaseRelay(databaseUrl: string): Promise<DatabaseRelay> {
  const { hostname, port } = new URL(databaseUrl);
  const sockets = new Set<Socket>();
  let lost: string | null = null;
  const relay = createServer((client) => {
    const server = connect(Number(port), hostname);
    let losing = false;
    // Errors are caused on purpose; the users of the sockets get them.
    for (const socket of [client, server]) sockets.add(socket.on('error', () => undefined));
    client.on('data', (data) => {
      if (lost !== null && data.includes(lost)) {
        losing = true;
        lost = null;
      }
      server.write(data);
    });
    server.on('data', (data) => (losing ? client.destroy() : client.write(data)));
    client.on('close', () => server.destroy());
    server.on('close', () => client.destroy());
  });
  await new Promise<void>((resolve) => relay.listen(0, '127.0.0.1', resolve));
  const url = new URL(databaseUrl);
  url.host = `127.0.0.1:${(relay.address() as AddressInfo).port}`;
  return {
    url: url.href,
    loseAnswerTo: (text) => void (lost = text),
    close: () => {
      relay.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
