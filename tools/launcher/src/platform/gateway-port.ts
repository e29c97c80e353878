import { CommandError } from '@pugmark/toolkit';
import { isPortFree, type Ports } from '../processes/ports';

const DEFAULT_PORT = 8080;

export interface GatewayPortOptions {
  /** From the command line. */
  readonly requested?: number | undefined;
  /** Whether another port may be used when the default one is taken. */
  readonly mayChange: boolean;
  readonly environment: NodeJS.ProcessEnv;
}

/** Chooses the port of the REST API. A requested port that is taken is an error; it is never replaced silently. */
export async function gatewayPort(
  { requested, mayChange, environment }: GatewayPortOptions,
  ports: Ports,
): Promise<number> {
  const fromEnvironment = environment['PUGMARK_PORT'] ? parsePort(environment['PUGMARK_PORT']) : undefined;
  const port = requested ?? fromEnvironment ?? DEFAULT_PORT;
  if (await isPortFree(port)) return port;
  if (mayChange && requested === undefined && fromEnvironment === undefined) return ports.pick();
  throw new CommandError(
    `port ${port} is taken by another program; set PUGMARK_PORT to a free one (PUGMARK_PORT=8090 npm start)`,
  );
}

function parsePort(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    throw new CommandError('PUGMARK_PORT is not a port number (1 to 65535)');
  return port;
}
