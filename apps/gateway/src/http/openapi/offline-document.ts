import { Authenticator } from '../access/authenticator';
import { allOperations } from '../../app';
import type { GatewayDependencies } from '../../dependencies';
import { openApiRouter } from './openapi.router';

/** The document as `GET /openapi.json` answers it, without a server: operations say what they are before anything is asked of them. */
export async function offlineDocument(version: string): Promise<object> {
  const dependencies = NOTHING as GatewayDependencies;
  const operations = allOperations(dependencies, new Authenticator(dependencies));
  const [own] = openApiRouter(operations, version);
  return (await own!.handle(NOTHING as never)) as object;
}

/** Stands for every dependency: whatever is taken from it, or it is asked for, is nothing again. No handler is called. */
const NOTHING: unknown = new Proxy(() => undefined, { get: () => NOTHING, apply: () => NOTHING });
