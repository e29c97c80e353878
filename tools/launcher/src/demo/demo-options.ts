import { statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parseOptions, portOption, UsageError } from '@pugmark/toolkit';

export interface DemoOptions {
  /** The user's own pictures; undefined: the demo's. */
  readonly images: string | undefined;
  /** End when the work is done. */
  readonly once: boolean;
  readonly json: string | undefined;
  readonly port: number | undefined;
}

const USAGE = 'npm run demo [-- --images DIR] [--once] [--json FILE] [--port N]';

/** Paths are relative to where the user stands. */
export function demoOptions(args: readonly string[], userFolder: string): DemoOptions {
  const values = parseOptions('demo', USAGE, args, {
    images: { type: 'string' },
    once: { type: 'boolean' },
    json: { type: 'string' },
    port: { type: 'string' },
  });
  const images =
    values.images === undefined ? undefined : requireFolder('--images', resolve(userFolder, values.images));
  const json = values.json === undefined ? undefined : resolve(userFolder, values.json);
  // Better now than after the work is done.
  if (json !== undefined) requireFolder('the folder of --json', dirname(json));
  return { images, once: values.once ?? false, json, port: portOption('demo', values.port) };
}

function requireFolder(what: string, folder: string): string {
  const stats = statSync(folder, { throwIfNoEntry: false });
  if (!stats) throw new UsageError(`demo: ${what}: there is no ${folder}`);
  if (!stats.isDirectory()) throw new UsageError(`demo: ${what}: ${folder} is not a folder`);
  return folder;
}
