import type { Socket } from 'node:net';

/** Ends a socket with RST where there is a connection to reset. */
export function reset(socket: Socket): void {
  if (socket.destroyed) return;
  // Of a connecting socket Node would wait for the connection first; and libuv refuses to reset (EINVAL) while a shutdown is under
  // way, upon which Node 20 never emits 'close'.
  const shuttingDown = socket.writableEnded && !socket.writableFinished;
  if (socket.connecting || shuttingDown) socket.destroy();
  else socket.resetAndDestroy();
}
