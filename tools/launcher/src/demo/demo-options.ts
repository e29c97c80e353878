import { statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parseOptions, portOption, UsageError } from '@pugmark/toolkit';

export interface DemoOptions {
  /** A folder of the user's own pictures; undefined: the demo's pictures. */
  readonly images: string | undefined;
  /** Whether to stop when the work is done. */
  readonly once: boolean;
  readonly json: string | undefined;
  readonly port: number | undefined;
}

const USAGE = 'npm run demo [-- --images DIR] [--once] [--json FILE] [--port N]';

/** Parses the options; paths are relative to the folder in which the user called npm. */
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
  // Checked before the work starts, not after it is done.
  if (json !== undefined) requireFolder('the folder of --json', dirname(json));
  return { images, once: values.once ?? false, json, port: portOption('demo', values.port) };
}

function requireFolder(what: string, folder: string): string {
  const stats = statSync(folder, { throwIfNoEntry: false });
  if (!stats) throw new UsageError(`demo: ${what}: there is no ${folder}`);
  if (!stats.isDirectory()) throw new UsageError(`demo: ${what}: ${folder} is not a folder`);
  return folder;
}
