import type { Socket } from 'node:net';

/** Closes a socket with RST if it is connected, else without. */
export function reset(socket: Socket): void {
  if (socket.destroyed) return;
  // For a connecting socket, Node would wait for the connection first; and libuv refuses to reset (EINVAL) during a
  // shutdown, after which Node 20 never emits 'close'.
  const shuttingDown = socket.writableEnded && !socket.writableFinished;
  if (socket.connecting || shuttingDown) socket.destroy();
  else socket.resetAndDestroy();
}
