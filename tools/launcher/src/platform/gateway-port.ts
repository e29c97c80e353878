import { CommandError } from '@pugmark/toolkit';
import { isPortFree, type Ports } from '../processes/ports';

const USUAL_PORT = 8080;

export interface GatewayPortOptions {
  /** From the command line. */
  readonly asked?: number | undefined;
  /** Whether any other port will do when nobody asked for this one. */
  readonly mayChange: boolean;
  readonly environment: NodeJS.ProcessEnv;
}

/** The port of the REST API. A port that was asked for and is taken is an error, never silently another one. */
export async function gatewayPort(
  { asked, mayChange, environment }: GatewayPortOptions,
  ports: Ports,
): Promise<number> {
  const fromEnvironment = environment['PUGMARK_PORT'] ? parsePort(environment['PUGMARK_PORT']) : undefined;
  const port = asked ?? fromEnvironment ?? USUAL_PORT;
  if (await isPortFree(port)) return port;
  if (mayChange && asked === undefined && fromEnvironment === undefined) return ports.pick();
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
