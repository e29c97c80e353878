import { Authenticator, type AuthenticatorOptions } from '../access/authenticator';
import { allOperations } from '../../app';
import type { GatewayDependencies } from '../../dependencies';
import { openApiRouter } from './openapi.router';

/**
 * Builds the document of `GET /openapi.json` without a server: operations are declared before any dependency is used.
 */
export async function offlineDocument(version: string): Promise<object> {
  const dependencies = NOTHING as GatewayDependencies;
  const operations = allOperations(dependencies, new Authenticator(NOTHING as AuthenticatorOptions));
  const [own] = openApiRouter(operations, version);
  return (await own!.handle(NOTHING as never)) as object;
}

/** A stand-in for every dependency: any property or call of it yields itself. No handler runs. */
const NOTHING: unknown = new Proxy(() => undefined, { get: () => NOTHING, apply: () => NOTHING });
