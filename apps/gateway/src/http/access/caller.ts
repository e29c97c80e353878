import type { ApiKeyRow } from '@pugmark/db';
import type { Scope } from '../scopes';

/** The authenticated caller of a request and its permissions. */
export interface Caller {
  /** Null when keys are disabled. */
  readonly keyId: number | null;
  readonly name: string;
  readonly prefix: string | null;
  readonly scopes: readonly Scope[];
  /** Null: all projects. */
  readonly projectIds: readonly number[] | null;
}

/** The caller with AUTH=open, where only loopback clients can connect. */
export const ANYONE: Caller = { keyId: null, name: 'anyone', prefix: null, scopes: ['admin'], projectIds: null };

export function callerOf(key: ApiKeyRow): Caller {
  return {
    keyId: key.id,
    name: key.name,
    prefix: key.prefix,
    scopes: key.scopes as Scope[],
    projectIds: key.project_ids,
  };
}
