import { sleep, withJitter } from '@pugmark/platform';
import { isConnectionBroken } from './is-connection-broken';

/**
 * Time that a restarting server may need until it accepts connections again; jittered, because all clients reconnect at
 * once.
 */
const WAIT_MS = 200;

/**
 * Returns the result of `read`. If its connection broke, as in a restart or failover of the server, it reads once more
 * over another connection, unless `mayRepeat` returns false. `read` must change nothing.
 */
export async function retryOnce<T>(
  read: () => Promise<T>,
  mayRepeat: (error: unknown) => boolean = () => true,
): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (!isConnectionBroken(error) || !mayRepeat(error)) throw error;
    await sleep(withJitter(WAIT_MS));
    return read();
  }
}
