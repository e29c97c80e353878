import { sleep } from '@pugmark/platform';
import { isConnectionBroken } from './is-connection-broken';

/** What a server that restarts may need until it takes connections again, jittered: all its clients come back at once. */
const WAIT_MS = 200;

/**
 * What `read` answers. When its connection broke, as in a restart or a failover of the server, it is read once more over another one,
 * unless `mayRepeat` says no. It must change nothing.
 */
export async function retryOnce<T>(
  read: () => Promise<T>,
  mayRepeat: (error: unknown) => boolean = () => true,
): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (!isConnectionBroken(error) || !mayRepeat(error)) throw error;
    await sleep(WAIT_MS * (0.5 + Math.random() / 2));
    return read();
  }
}
