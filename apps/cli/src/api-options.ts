import { PugmarkClient } from '@pugmark/client';
import type { CommandContext } from './command';
import { findApi } from './connections';

/** Options of every command that calls the API. */
export const API_OPTIONS = {
  url: { type: 'string' },
  'key-file': { type: 'string' },
  instance: { type: 'string', default: 'main' },
} as const;

export const API_USAGE = '[--url URL] [--key-file FILE] [--instance NAME]';

export interface ApiAccess {
  readonly url: string;
  readonly client: PugmarkClient;
}

export function openApi(
  values: { readonly url?: string | undefined; readonly 'key-file'?: string | undefined; readonly instance: string },
  { config, folder }: CommandContext,
): ApiAccess {
  const api = findApi(config, { url: values.url, keyFile: values['key-file'], instance: values.instance }, folder);
  return { url: api.url, client: new PugmarkClient(api) };
}
