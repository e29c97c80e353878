import type { ServiceName } from '@pugmark/contracts';
import { loadConfig, runService, type ServiceConfig, type ServiceContext } from '@pugmark/platform';
import { ServiceRuntime } from './service-runtime';

/** Configuration and dependencies for the service of a `main.ts`. */
export interface ServiceParts<Name extends ServiceName, Config extends ServiceConfig> extends ServiceContext<Config> {
  readonly runtime: ServiceRuntime<Name, Config>;
}

/**
 * Runs a service of Pugmark: settings from `environment`, logger, health server, database, then `start`, which opens
 * what the service needs through `runtime`. See `runService` for the life cycle and the exit codes.
 */
export function runPugmarkService<Name extends ServiceName, Config extends ServiceConfig>(
  name: Name,
  configType: new () => Config,
  environment: NodeJS.ProcessEnv,
  start: (parts: ServiceParts<Name, Config>) => Promise<void> | void,
): void {
  void runService(
    name,
    () => loadConfig(configType, environment),
    async (context) => {
      const runtime = new ServiceRuntime(name, context);
      await start({ ...context, runtime });
      return runtime.running();
    },
  );
}
