import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { untilAborted, type CommandContext } from '@pugmark/toolkit';
import { startForUser } from '../start/start-command';
import { APPS } from '../supervisor/app-services';
import { Reloader } from './reloader';
import { SourceWatcher } from './source-watcher';

const USAGE = 'npm run dev [-- --port N]';

/** Runs everything on this machine until Ctrl-C; bundles and restarts services when their sources change. */
export async function devCommand(args: readonly string[], context: CommandContext): Promise<number> {
  const { root, log, signal } = context;
  const bundler = await loadBundler(root);
  const platform = await startForUser('dev', USAGE, args, context);
  const reloader = new Reloader({
    services: APPS,
    isCurrent: (service) => bundler.isBundleCurrent(join(root, 'apps', service)),
    bundle: (service) => bundler.bundleStale([`apps/${service}`], () => undefined),
    restart: (service) => platform.supervisor.restart(service),
    log,
  });
  const watcher = new SourceWatcher(sourceFolders(root), () => void reloader.reload());
  log('watching apps and libs: services restart when their sources change; Ctrl-C ends it');
  try {
    await untilAborted(signal);
    log('stopping; Ctrl-C again ends it at once');
  } finally {
    watcher.close();
    await platform.stop();
  }
  return 0;
}

function sourceFolders(root: string): string[] {
  return ['apps', 'libs'].flatMap((parent) =>
    readdirSync(join(root, parent)).map((name) => join(root, parent, name, 'src')),
  );
}

interface Bundler {
  isBundleCurrent(project: string): boolean;
  bundleStale(projects: readonly string[], log: (line: string) => void): Promise<string | null>;
}

/** The workspace's scripts are plain modules, because they also run before anything is bundled. */
async function loadBundler(root: string): Promise<Bundler> {
  const load = (file: string) => import(pathToFileURL(join(root, 'tools', 'workspace', file)).href) as Promise<Bundler>;
  return { ...(await load('bundle-inputs.mjs')), ...(await load('bundle-stale.mjs')) };
}
